-- Makes 1,000 requests, each with a path of its own.
local sent = 0
local answered = 0

request = function()
  sent = sent + 1
  return wrk.format("GET", "/wrk/" .. sent)
end

response = function()
  answered = answered + 1
  if answered == 1000 then
    wrk.thread:stop()
  end
end
