-- Gives each request a path of its own.
local sent = 0

request = function()
  sent = sent + 1
  return wrk.format("GET", "/wrk/" .. sent)
end
