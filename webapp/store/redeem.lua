-- What may generation `presented` of a session still do? One key, decided at once.
--
-- KEYS[1]  session:<sid>, holding "<gen> <rotated_at> <handed_out> <confirmed>", or
--          "ended <reason>". handed_out: how many seconds after the rotation the
--          generation was last given to a client that had not shown it yet
-- ARGV     presented, now, grace, same_browser ("1" or "0"), ttl; seconds
-- answers  outcome, and then gen and rotated_at, or the reason
--
-- Only asked when SQL says that the session is open. Times are the app's, passed
-- in; the key's own time to live only cleans up.

local presented, now, grace = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local same_browser, ttl = ARGV[4] == '1', ARGV[5]

local function advance(outcome)
  local gen = presented + 1
  redis.call('SET', KEYS[1], string.format('%d %d 0 0', gen, now), 'EX', ttl)
  return {outcome, gen, now}
end

local entry = redis.call('GET', KEYS[1])
if not entry then
  return advance('healed')            -- Redis was emptied, or lost its last writes
end

local reason = entry:match('^ended (.*)$')
if reason then
  return {'ended', reason}
end

local gen, rotated_at, handed_out, confirmed = entry:match('^(%d+) (%d+) (%d+) ([01])$')
gen, rotated_at, handed_out = tonumber(gen), tonumber(rotated_at), tonumber(handed_out)

if presented == gen then
  return advance('rotated')
end
if presented > gen then
  return advance('healed')            -- only we can sign it, so Redis is behind: a failover
end

-- The previous one is good until its successor has been seen, for then the answer
-- may have been lost; and for the grace after it was handed out, for then it may be
-- a race. A lost answer's retry may start a race too: a laptop wakes up with two tabs.
local age = now - rotated_at
local unseen = confirmed == '0'
if presented == gen - 1 and same_browser and (unseen or age - handed_out <= grace) then
  if unseen and age > handed_out then
    redis.call('SET', KEYS[1], string.format('%d %d %d 0', gen, rotated_at, age), 'KEEPTTL')
  end
  return {'repeated', gen, rotated_at}
end

redis.call('SET', KEYS[1], 'ended reuse', 'KEEPTTL')
return {'reused', 'reuse'}
