-- Read the state of a session. If `gen` is its newest generation, mark it as confirmed.
--
-- KEYS[1]  session:<sid>, as in redeem.lua
-- ARGV     gen
-- returns  outcome, and then gen and rotated_at, or the reason

local entry = redis.call('GET', KEYS[1])
if not entry then
  return {'missing'}
end

local reason = entry:match('^ended (.*)$')
if reason then
  return {'ended', reason}
end

local gen, rotated_at, confirmed, tail = entry:match('^(%d+) (%d+) ([01])(.*)$')
if not gen then
  return {'missing'}
end
if gen == ARGV[1] and confirmed == '0' then
  redis.call('SET', KEYS[1], gen .. ' ' .. rotated_at .. ' 1' .. tail, 'KEEPTTL')
end
return {'alive', tonumber(gen), tonumber(rotated_at)}
