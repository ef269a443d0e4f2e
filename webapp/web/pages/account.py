"""One's own account."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from webapp.core.errors import ValidationFailed
from webapp.core.policy import Permission
from webapp.web.authentication import visitor
from webapp.web.authorization import requires
from webapp.web.forms import ProfileForm, sent
from webapp.web.services import services

from . import pages


@pages.route("/account", methods=["GET", "POST"])
@requires(Permission.OWN_ACCOUNT)
def account() -> ResponseReturnValue:
    user_id = visitor().user.id
    form = ProfileForm(obj=services().accounts.profile(user_id))
    if form.validate_on_submit():
        try:
            services().accounts.update_profile(
                user_id,
                email=sent(form.email),
                name=sent(form.name),
                password=sent(form.current_password),
                now=services().now(),
            )
        except ValidationFailed as refusal:
            form.show(refusal)
        else:
            flash("Saved.", "success")
            return redirect(url_for("pages.account"), 303)
    return render_template("account.html", form=form), 422 if form.errors else 200
