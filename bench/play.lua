-- For wrk: sends the requests of a file, one after the other and again from the start.
-- In the file each ends with a NUL. With "rotate" as second argument the file holds refresh
-- tokens in their place, and each answer's is sent next.
local requests, number, rotates = {}, 0, false

local function refresh(token)
  local body = '{"refresh_token": "' .. token .. '"}'
  return "POST /api/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    .. "Content-Length: " .. #body .. "\r\n\r\n" .. body
end

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  for request in file:read("*a"):gmatch("[^%z]+") do
    requests[#requests + 1] = request
  end
  file:close()
  if arguments[2] == "rotate" then
    rotates = true
    response = function(status, _, body)
      local token = body:match('"refresh_token": "([^"]+)"')
      if status == 200 and token then requests[#requests + 1] = token end
    end
  end
end

function request()
  if rotates then return refresh(table.remove(requests, 1)) end
  number = number % #requests + 1
  return requests[number]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "seconds": %.6f, "refused": %d, "lost": %d, "p50": %.3f, "p99": %.3f}\n',
    summary.requests, summary.duration / 1e6, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
