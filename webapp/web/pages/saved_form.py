"""The way back to forms that met the end of their session."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.core.policy import Permission
from webapp.web import messages, saved_forms
from webapp.web.auth import csrf
from webapp.web.auth.authentication import current_identity
from webapp.web.auth.authorization import requires
from webapp.web.services import services

from . import pages


@pages.get("/continue")
@requires(Permission.OWN_ACCOUNT)
def kept_forms() -> ResponseReturnValue:
    """To the newest; its page names the others."""
    found = services().saved_forms.saved(current_identity().user.id, services().now())
    for draft_id in found:
        return redirect(url_for("pages.kept_form", draft_id=draft_id), 303)
    return redirect(url_for("pages.dashboard"), 303)


@pages.get("/continue/<draft_id>")
@requires(Permission.OWN_ACCOUNT)
def kept_form(draft_id: str) -> ResponseReturnValue:
    """For its owner. Sending it again is theirs to decide: it may be out of date."""
    others = services().saved_forms.saved(current_identity().user.id, services().now())
    draft = others.pop(draft_id, None)
    if draft is None:
        messages.flash_message(messages.NOT_KEPT_ANY_MORE, "info")
        return redirect(url_for("pages.dashboard"), 303)
    csrf.bind_secret_to_session(draft_id)
    return render_template(
        "saved_form.html",
        draft_id=draft_id,
        action=request.script_root + draft.path,
        fields=[field_of(name, value) for name, value in draft.fields],
        had_secrets=draft.had_secrets,
        others=others,
    )


@pages.post("/continue/<draft_id>/discard")
@requires(Permission.OWN_ACCOUNT)
def discard_kept_form(draft_id: str) -> ResponseReturnValue:
    store = services().saved_forms
    if draft := store.saved(current_identity().user.id, services().now()).get(draft_id):
        store.remove(draft, draft_id)
    return redirect(url_for("pages.kept_forms"), 303)


def field_of(name: str, value: str) -> dict[str, object]:
    return {
        "name": name,
        "label": saved_forms.label_of(name),
        "value": value,
        "multiline": "\n" in value,
    }
