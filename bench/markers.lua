-- Gives each request of wrk a marker of its own.
local thread = 0

function setup(t)
    t:set("number", thread)
    thread = thread + 1
end

local count = 0

function request()
    count = count + 1
    return wrk.format("GET", "/m?" .. number .. "-" .. count)
end
