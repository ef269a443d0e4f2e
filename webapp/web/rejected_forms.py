"""A form that could not be taken is shown again: filled in, with a fresh token, and why."""

from flask import Response, current_app, g, make_response, render_template, request
from flask_wtf.csrf import CSRFError

from .auth.csrf import is_from_here
from .saved_forms import submitted_fields


def show_again(refusal: CSRFError) -> Response | None:
    """The form's own page, or one that only has its fields; None if neither may be shown.

    The address is opened as by GET, which changes nothing; `forms.Form` fills itself in.
    """
    g.refused_form = refusal.description
    request.method = "GET"
    rule = request.url_rule
    if rule and "GET" in (rule.methods or ()):
        page = make_response(
            current_app.ensure_sync(current_app.view_functions[rule.endpoint])(
                **request.view_args or {}
            )
        )
        if "form_was_shown" in g:
            page.status_code = 400
            return page
    return _plain_form() if is_from_here() else None


def _plain_form() -> Response:
    """Of a page that has no address of its own. Another site must not choose what it says."""
    fields, had_secrets = submitted_fields()
    page = render_template(
        "send_again.html",
        why=g.refused_form,
        action=request.script_root + request.path,
        fields=fields,
        had_secrets=had_secrets,
    )
    return make_response(page, 400)
