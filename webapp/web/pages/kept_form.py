"""The way back to a form that met the end of its session."""

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from webapp.core.policy import Permission
from webapp.web.authentication import visitor
from webapp.web.authorization import requires
from webapp.web.services import services

from . import pages


@pages.get("/continue/<draft_id>")
@requires(Permission.OWN_ACCOUNT)
def kept_form(draft_id: str) -> ResponseReturnValue:
    """Its owner sees it, once. Sending it again is theirs to decide: it may be out of date."""
    draft = services().drafts.take(draft_id, visitor().user.id)
    if draft is None:
        return redirect(url_for("pages.dashboard"), 303)
    return render_template(
        "kept_form.html",
        action=draft.path,
        fields=[field_of(name, value) for name, value in draft.fields],
        had_secrets=draft.had_secrets,
        cancel=url_for("pages.dashboard"),
    )


def field_of(name: str, value: str) -> dict[str, object]:
    label = "E-mail" if name == "email" else name.replace("_", " ").capitalize()
    return {"name": name, "label": label, "value": value, "multiline": "\n" in value}
