"""Explanations of each field of a token, Redis entry, SQL row and cookie."""

HEADER = {
    "alg": "The algorithm of the signature. The server takes it from its key and never from the "
    "token: a forger could write anything here.",
    "typ": "The kind of token: at+jwt proves an identity, rt+jwt gets the next pair. Neither "
    "is accepted as the other.",
    "kid": "The name of the signing key. Keys can be added and withdrawn without a sign-out.",
    "signature": "Only the key can make it. Not shown: with it, a copy of this page could sign in "
    "as "
    "you.",
}
ACCESS = {
    "iss": "The issuer. Tokens of any other issuer are refused.",
    "aud": "The audience. A token for another service is refused here.",
    "sub": "The user, by an id that never changes; an e-mail address may.",
    "sid": "The session: this sign-in on this browser. When it ends, all of its tokens are "
    "refused.",
    "gen": "The generation: it grows by one with every refresh. This is how copies are detected.",
    "client_id": "The program the session belongs to. A token that is stolen from a browser is "
    "refused at the API's refresh.",
    "role": "What you may do, as it was when the token was signed. A change takes effect "
    "within a second.",
    "email": "The e-mail address, for programs to show.",
    "jti": "The unique id of this token. No two access tokens are the same.",
    "iat": "When it was issued.",
    "exp": "When it expires: exact to the second, without grace. Its life is short, because a "
    "worker can accept it without a query.",
}
REFRESH = {
    "gen": "Redis stores the newest generation. An older one is a race, a lost response, or a "
    "thief: Redis decides which, in one atomic step.",
    "exp": "When it expires. Every refresh extends it.",
}
ENTRY = {
    "gen": "The newest generation that was handed out.",
    "rotated_at": "When it was first handed out. For the grace after it was last handed out, the "
    "previous token gets it again, used or not: two tabs.",
    "confirmed": "Whether the newest generation has been used. After the grace the previous token "
    "gets it again only while it is unused: the response may have been lost. “Again” is the same "
    "refresh token, and a new access token.",
    "browser": "Three letters computed from the device cookie of the browser. A thief with a "
    "copied "
    "token alone has another device cookie, or none. A program has none: a dot.",
    "handed_out": "Seconds from the rotation to the last time that the same refresh token was "
    "handed "
    "out unused. The grace counts from there, as a race may start there.",
    "ttl": "Time until Redis deletes the entry: then all tokens of the session have expired.",
    "tombstone": "The session has ended, for this reason. Stored until its tokens expire.",
    "state": "A lost entry signs no user out: the session is open in SQL, and the next refresh "
    "heals the entry.",
}
ROW = {
    "sid": "The same id as in the tokens and in Redis.",
    "user_id": "The user of the session: the sub of its tokens.",
    "client_id": "The program that opened it.",
    "created_at": "When you signed in.",
    "ip": "The IP address at the sign-in, for the list of your devices.",
    "user_agent": "The browser.",
    "remembered": "Whether “Keep me signed in” was chosen: the sign-in then outlives the browser.",
    "idle_ttl": "How long the session may stay unused.",
    "expires_at": "The absolute limit. No refresh extends it.",
    "reauthenticated_at": "When the password was last given; important changes ask for it again.",
    "ended_at": "When the session ended; from then on all of its tokens are refused. It is written "
    "before the tombstone, so a sign-out survives a crash.",
    "ended_reason": "The reason of the end, which the owner sees.",
    "epoch": "A counter of your account at the sign-in. When the counter on your account grows, "
    "all "
    "older sessions end at the same time.",
    "state": "Missing, say after the restore of a backup. The session is still in Redis, and the "
    "next refresh writes the row again.",
}
COOKIES = {
    "access_token": "Sent with each request; scripts can read it and send it as a bearer token.",
    "refresh_token": "Sent with each request, so that the server can renew on the way.",
    "evergreen_session": "Signed, not secret: it binds a guest's forms to this browser (CSRF), "
    "and carries short messages.",
    "known_browser": "The device cookie: a random number, by which the app recognises this "
    "browser, "
    "also under another user agent. A copied token without it is detected, and strangers who guess "
    "passwords can't lock you out of this browser.",
    "token_lab": "The lab's own. It marks this browser, so that its requests are drawn here.",
    "HttpOnly": "No script can read it: injected code can't steal it.",
    "SameSite": "A link from another site arrives signed in; its forms and frames do not.",
    "Path": "Sent everywhere. Sent to /login alone, the hook would never see it, and nothing "
    "could be renewed silently.",
    "Secure": "Sent over https only.",
    "__Host-": "A prefix of the name: the browser accepts it from this host only, over https "
    "only. Another host of the same domain can't set one.",
    "Max-Age": "With “Keep me signed in” the browser deletes each token when it expires. Without "
    "it neither cookie has one: the browser deletes both when it closes.",
}
