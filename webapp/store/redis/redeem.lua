-- Redeem generation `presented` of a session. One key, one atomic decision.
--
-- KEYS[1]  session:<sid>: "<gen> <rotated_at> <confirmed><device>", sometimes followed by
--          " <handed_out>"; or "ended <reason>", the tombstone.
--          confirmed   1 once a client has presented the generation, 0 before
--          device      the device tag of the browser that rotated: three characters, "." for a
--                      program. Letters and digits only: an entry without a tag, from an
--                      older version; then generation and grace decide
--          handed_out  seconds from the rotation to the last response with the unconfirmed
--                      generation; 0 is not written
--          (Usually at most 19 characters: from 20 on, the server needs 16 bytes more.)
-- ARGV     presented, now, grace, device, ttl; times in seconds
-- returns  outcome, and then gen and rotated_at, or the reason
--
-- Called only if the session is open in SQL. Times come from the app; the key's own time to
-- live only removes old entries.

local presented, now, grace = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local sender, ttl = ARGV[4], ARGV[5]

local function advance(outcome)
  local entry = string.format('%d %d 0%s', presented + 1, now, sender)
  redis.call('SET', KEYS[1], entry, 'EX', ttl)
  return {outcome, presented + 1, now}
end

local entry = redis.call('GET', KEYS[1])
if not entry then
  return advance('healed')            -- Redis was emptied, or lost its last writes
end

local reason = entry:match('^ended (.*)$')
if reason then
  return {'ended', reason}
end

local gen, rotated_at, confirmed, device, handed_out =
  entry:match('^(%d+) (%d+) ([01])(%S+) ?(%d*)$')
gen, rotated_at, handed_out = tonumber(gen), tonumber(rotated_at), tonumber(handed_out) or 0
if not gen then
  return advance('healed')            -- written by an unknown version: the same as lost
end

if presented == gen then
  return advance('rotated')
end
if presented > gen then
  return advance('healed')            -- only the app can sign it, so Redis is behind: a failover
end

-- The previous generation is valid until its successor is confirmed, as the response may have
-- been lost; and during the grace after it was handed out, as requests may run in parallel.
-- The retry of a lost response may be parallel as well: a laptop wakes up with two tabs.
-- Tabs share a device. A thief with a copied token has another one.
local age = now - rotated_at
local unseen = confirmed == '0'
local same_device = sender == device or device:match('^%w+$')
if presented == gen - 1 and same_device and (unseen or age - handed_out <= grace) then
  if unseen and age > handed_out then
    local again = string.format('%d %d 0%s %d', gen, rotated_at, device, age)
    redis.call('SET', KEYS[1], again, 'KEEPTTL')
  end
  return {'repeated', gen, rotated_at}
end

redis.call('SET', KEYS[1], 'ended reuse', 'KEEPTTL')
return {'reused', 'reuse'}
