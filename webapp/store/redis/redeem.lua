-- What may generation `presented` of a session still do? One key, decided at once.
--
-- KEYS[1]  session:<sid>, holding "<gen> <rotated_at> <confirmed><device>", now and then
--          with " <handed_out>" behind it, or "ended <reason>".
--          confirmed   1 once a client has shown the generation, 0 before
--          device      which browser made the rotation: three letters of its device cookie's
--                      id, "." for a program. Letters and digits alone: written before there
--                      were any; then generation and grace decide
--          handed_out  how many seconds after its rotation the generation was last given
--                      to a client that had not shown it yet; 0 is not written
--          (19 letters at most, usually: at 20 the server takes 16 bytes more for each.)
-- ARGV     presented, now, grace, device, ttl; times in seconds
-- answers  outcome, and then gen and rotated_at, or the reason
--
-- Only asked when SQL says that the session is open. Times are the app's, passed
-- in; the key's own time to live only cleans up.

local presented, now, grace = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local asking, ttl = ARGV[4], ARGV[5]

local function advance(outcome)
  local entry = string.format('%d %d 0%s', presented + 1, now, asking)
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
  return advance('healed')            -- written by another version: as good as lost
end

if presented == gen then
  return advance('rotated')
end
if presented > gen then
  return advance('healed')            -- only we can sign it, so Redis is behind: a failover
end

-- The previous one is good until its successor has been seen, for then the answer
-- may have been lost; and for the grace after it was handed out, for then it may be
-- a race. A lost answer's retry may start a race too: a laptop wakes up with two tabs.
-- Tabs share a browser. A thief with a copied token has another one, also if first.
local age = now - rotated_at
local unseen = confirmed == '0'
local same_device = asking == device or device:match('^%w+$')
if presented == gen - 1 and same_device and (unseen or age - handed_out <= grace) then
  if unseen and age > handed_out then
    local again = string.format('%d %d 0%s %d', gen, rotated_at, device, age)
    redis.call('SET', KEYS[1], again, 'KEEPTTL')
  end
  return {'repeated', gen, rotated_at}
end

redis.call('SET', KEYS[1], 'ended reuse', 'KEEPTTL')
return {'reused', 'reuse'}
