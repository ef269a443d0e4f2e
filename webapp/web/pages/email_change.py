"""Another e-mail address: waiting, confirmed by its link, and undone from the old one.

As with every mailed link, the page only asks and its button changes something.
"""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from webapp.core.errors import InvalidLink
from webapp.core.policy import Permission
from webapp.web import messages
from webapp.web.auth import device_cookie
from webapp.web.auth.authentication import current_identity
from webapp.web.auth.authorization import public, requires
from webapp.web.auth.password_checks import count_mail_to_new_address
from webapp.web.forms import Form
from webapp.web.language import gettext as _
from webapp.web.services import services

from . import pages
from .invalid_link import invalid_link_page
from .taken_back import reset_after_theft


@pages.post("/account/email/send-again")
@requires(Permission.OWN_ACCOUNT)
def resend_new_email() -> ResponseReturnValue:
    count_mail_to_new_address()
    email = services().email_changes.send_again(current_identity().user.id, services().now())
    if email:
        flash(_("We have sent the link to {email} again.", email=email), "success")
    else:
        flash(_("No new address is waiting any more."), "info")
    return redirect(url_for("pages.account"), 303)


@pages.post("/account/email/cancel")
@requires(Permission.OWN_ACCOUNT)
def cancel_new_email() -> ResponseReturnValue:
    me = current_identity().user
    services().email_changes.cancel(me.id, services().now())
    flash(_("Cancelled. Your e-mail address stays {email}.", email=me.email), "success")
    return redirect(url_for("pages.account"), 303)


def confirm_new_email(token: str) -> ResponseReturnValue:
    """Signed in or not: often the mail is read on another device."""
    try:
        user = services().email_changes.user_of_link(token, services().now())
        form = Form()
        if form.validate_on_submit():
            with device_cookie.remember_browser_of_link():
                services().email_changes.confirm(token, services().now())
            email = user.pending_email or ""
            flash(_(messages.EMAIL_CHANGED, new=email), "success")
            messages.flash_email(email)
            # Who is signed in here goes straight on from there.
            return redirect(url_for("pages.login", next=url_for("pages.account")), 303)
    except InvalidLink:
        return invalid_link_page(url_for("pages.account"))
    page = render_template("confirm_new_email.html", form=form, email=user.pending_email)
    return page, 422 if form.errors else 200


@pages.route("/undo-email/<token>", methods=["GET", "POST"])
@public
def undo_email(token: str) -> ResponseReturnValue:
    try:
        change = services().email_changes.to_undo(token, services().now())
        form = Form()
        if form.validate_on_submit():
            with device_cookie.remember_browser_of_link():
                user, reset, taken = services().email_changes.undo(token, services().now())
            flash(_(messages.EMAIL_RESTORED, old=user.email), "success")
            return reset_after_theft(reset, taken)
    except InvalidLink:
        return invalid_link_page()
    page = render_template("undo_email.html", form=form, email=change.old_email)
    return page, 422 if form.errors else 200
