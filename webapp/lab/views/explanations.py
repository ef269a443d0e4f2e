"""What each part of a token, an entry, a row and a cookie is for: one or two plain sentences."""

HEADER = {
    "alg": "The algorithm of the signature. The server takes it from its key and never from the "
    "token: a forger could write anything here.",
    "typ": "The kind of token: at+jwt proves who asks, rt+jwt asks for the next pair. Neither "
    "passes for the other.",
    "kid": "Which key has signed. Keys can be added and withdrawn without signing anybody out.",
    "signature": "Only who has the key can make it. Not shown: with it, this would be your "
    "sign-in.",
}
ACCESS = {
    "iss": "Who issued it. Tokens of any other issuer are refused.",
    "aud": "Whom it is for. A token made for somebody else is no use here.",
    "sub": "The user, by a number that never changes; an address may.",
    "sid": "The session: this sign-in on this browser. Its end makes all of its tokens worthless.",
    "gen": "The generation: it grows by one with every refresh. This is how copies are noticed.",
    "client_id": "The program the session belongs to. A token that is lifted from a browser is "
    "refused at the API's refresh.",
    "role": "What you may do, as it was when the token was signed. Changes are asked about at "
    "once.",
    "email": "For programs that want to show it.",
    "jti": "This very token's own number. No two access tokens are the same.",
    "iat": "When it was issued.",
    "exp": "When it stops being good: to the second, without any grace. Short, because nobody has "
    "to ask a store to believe it.",
}
REFRESH = {
    "gen": "Redis knows the newest generation. An older one that comes back is a race, a lost "
    "answer, or a thief: Redis decides which, in one step.",
    "exp": "Moved on by every refresh. Unused until then, the sign-in lapses.",
}
ENTRY = {
    "gen": "The newest generation that was handed out.",
    "rotated_at": "When it was first handed out. For the grace after it was last handed out the "
    "one before gets it again, whoever has shown what: two tabs.",
    "confirmed": "Whether anybody has shown the newest one. After the grace the one before gets it "
    "again only as long as nobody has: the answer may have been lost. “Again” is the same refresh "
    "token, and a fresh access token.",
    "browser": "Three letters that stand for the device cookie of the browser that it went to. A "
    "thief who has copied a token alone has another one, or none. A program has none: a dot.",
    "handed_out": "So long after the rotation the same refresh token was last handed out, before "
    "anybody had shown it. The grace counts from there: a race may start there as well.",
    "ttl": "Then Redis forgets the entry by itself: no token of it could be good any more.",
    "tombstone": "The session is over, for this reason. Kept until its tokens are dead anyway.",
    "state": "Losing it loses nobody: SQL knows that the session is open, and the next refresh "
    "heals it.",
}
ROW = {
    "sid": "The same name as in the tokens and in Redis.",
    "user_id": "Whose session it is: the sub of its tokens.",
    "client_id": "Who opened it.",
    "created_at": "When you signed in.",
    "ip": "From where: so that you recognise it in the list of your devices.",
    "user_agent": "With which browser.",
    "remembered": "Whether “Keep me signed in” was chosen: the sign-in then outlives the browser.",
    "idle_ttl": "So long it may rest unused.",
    "expires_at": "The absolute limit. No refresh moves it.",
    "reauthenticated_at": "When the password was last given; important changes ask for it anew.",
    "ended_at": "Once this is written it is over for good, whatever any token says. It is written "
    "before anything else, so a logout survives any crash.",
    "ended_reason": "What its owner is told.",
    "epoch": "How often all of your sessions had ended when this one began. All end at once when "
    "the number on your own row grows.",
    "state": "A restored backup did not have it. Redis can vouch for the session, and the next "
    "refresh writes it again.",
}
COOKIES = {
    "access_token": "Sent with each request; scripts can read it and send it as a bearer token.",
    "refresh_token": "Sent with each request, so that the server can renew on the way.",
    "evergreen_session": "Signed, not secret: what binds a guest's forms to this browser (CSRF), "
    "and short messages.",
    "known_browser": "The device cookie: a random number, by which this browser is known, whatever "
    "name it gives itself. A copied token without it is noticed, and strangers who guess passwords "
    "can't lock you out of this browser.",
    "token_lab": "The lab's own. It marks this browser, so that its requests are drawn here.",
    "HttpOnly": "No script can read it: what gets into a page can't carry it off.",
    "SameSite": "A link from another site arrives signed in; its forms and frames do not.",
    "Path": "Sent everywhere. Sent to /login alone, the hook would never see it, and nothing "
    "could be renewed silently.",
    "Secure": "Sent over https alone.",
    "__Host-": "A prefix of the name: the browser takes it from this very host alone, over https "
    "alone. A neighbour under the same domain can't plant one.",
    "Max-Age": "With “Keep me signed in” the browser forgets each token when it expires. Without "
    "it neither cookie has one: both go when the browser closes.",
}
