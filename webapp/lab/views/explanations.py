"""Explanations of each field of a token, Redis entry, SQL row and cookie."""

from webapp.core.text import N_

HEADER = {
    "alg": N_(
        "The algorithm of the signature. The server takes it from its key and never from the "
        "token: a forger could write anything here."
    ),
    "typ": N_(
        "The kind of token: at+jwt proves an identity, rt+jwt gets the next pair. Neither is "
        "accepted as the other."
    ),
    "kid": N_("The name of the signing key. Keys can be added and withdrawn without a sign-out."),
    "signature": N_(
        "Only the key can make it. Not shown: with it, a copy of this page could sign in as you."
    ),
}
ACCESS = {
    "iss": N_("The issuer. Tokens of any other issuer are refused."),
    "aud": N_("The audience. A token for another service is refused here."),
    "sub": N_("The user, by an id that never changes; an e-mail address may."),
    "sid": N_(
        "The session: this sign-in on this browser. When it ends, all of its tokens are refused."
    ),
    "gen": N_(
        "The generation: it grows by one with every refresh. This is how copies are detected."
    ),
    "client_id": N_(
        "The program the session belongs to. A token that is stolen from a browser is refused at "
        "the API's refresh."
    ),
    "role": N_(
        "What you may do, as it was when the token was signed. A change takes effect within a "
        "second."
    ),
    "email": N_("The e-mail address, for programs to show."),
    "jti": N_("The unique id of this token. No two access tokens are the same."),
    "iat": N_("When it was issued."),
    "exp": N_(
        "When it expires: exact to the second, without grace. Its life is short, because a worker "
        "can accept it without a query."
    ),
}
REFRESH = {
    "gen": N_(
        "Redis stores the newest generation. An older one is a race, a lost response, or a thief: "
        "Redis decides which, in one atomic step."
    ),
    "exp": N_("When it expires. Every refresh extends it."),
}
ENTRY = {
    "gen": N_("The newest generation that was handed out."),
    "rotated_at": N_(
        "When it was first handed out. During the grace, which begins here or at the last time "
        "that it was handed out unused, the previous token gets it again: two tabs can cause that."
    ),
    "confirmed": N_(
        "Whether the newest generation has been used. After the grace the previous token gets it "
        "again only while it is unused: the response may have been lost. “Again” is the same "
        "refresh token, and a new access token."
    ),
    "browser": N_(
        "Three letters computed from the device cookie of the browser. A thief with a copied token "
        "alone has another device cookie, or none. A program has none; then a dot stands here."
    ),
    "handed_out": N_(
        "Seconds from the rotation to the last time that the same refresh token was handed out "
        "unused. The grace counts from there, as a race may start there."
    ),
    "ttl": N_("Time until Redis deletes the entry: then all tokens of the session have expired."),
    "tombstone": N_("The session has ended, for this reason. Stored until its tokens expire."),
    "state": N_(
        "A lost entry signs no user out: the session is open in SQL, and the next refresh heals "
        "the entry."
    ),
}
ROW = {
    "sid": N_("The same id as in the tokens and in Redis."),
    "user_id": N_("The user of the session: the sub of its tokens."),
    "client_id": N_("The program that opened it."),
    "created_at": N_("When you signed in."),
    "ip": N_("The IP address at the sign-in, for the list of your devices."),
    "user_agent": N_("The browser."),
    "remembered": N_(
        "Whether “Keep me signed in” was chosen: the sign-in then outlives the browser."
    ),
    "idle_ttl": N_("How long the session may stay unused."),
    "expires_at": N_("The absolute limit. No refresh extends it."),
    "reauthenticated_at": N_(
        "When the password was last given; important changes ask for it again."
    ),
    "ended_at": N_(
        "When the session ended; from then on all of its tokens are refused. At a sign-out it is "
        "written before the tombstone, so the sign-out survives a crash."
    ),
    "ended_reason": N_("The reason of the end, which the owner sees."),
    "epoch": N_(
        "A counter of your account at the sign-in. When the counter on your account grows, all "
        "older sessions end at the same time."
    ),
    "state": N_(
        "Missing, for example after a backup was restored. The session is still in Redis, and the "
        "next refresh writes the row again."
    ),
}
COOKIES = {
    "access_token": N_(
        "Sent with each request; scripts can read it and send it as a bearer token."
    ),
    "refresh_token": N_("Sent with each request, so that the server can renew on the way."),
    "evergreen_session": N_(
        "Signed, not secret: it binds a guest's forms to this browser (CSRF), and carries short "
        "messages."
    ),
    "known_browser": N_(
        "The device cookie: a random number, by which the app recognises this browser, also under "
        "another user agent. A copied token without it is detected, and strangers who guess "
        "passwords can't lock you out of this browser."
    ),
    "token_lab": N_("The lab's own. It marks this browser, so that its requests are drawn here."),
    "HttpOnly": N_("No script can read it: injected code can't steal it."),
    "SameSite": N_(
        "A link on another site opens this site signed in. Forms and frames of other "
        "sites are not signed in."
    ),
    "Path": N_(
        "Sent everywhere. If it was sent to /login only, the hook would not see it, and nothing "
        "could be renewed silently."
    ),
    "Secure": N_("Sent over https only."),
    "__Host-": N_(
        "A prefix of the name: the browser accepts it from this host only, over https only. "
        "Another host of the same domain can't set one."
    ),
    "Max-Age": N_(
        "With “Keep me signed in” the browser deletes each token when it expires. Without it "
        "neither cookie has one: the browser deletes both when it closes."
    ),
}
