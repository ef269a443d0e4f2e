"""The forms: names and labels. What is acceptable is the core's business."""

from typing import Any

from flask import g, request
from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, HiddenField, PasswordField, StringField
from wtforms.validators import DataRequired, Length, ValidationError

from webapp.core.errors import ValidationFailed
from webapp.core.text import N_
from webapp.core.validation import MAX_EMAIL, normalize_email

from .auth import csrf

EMAIL_VALIDATORS = [
    DataRequired(N_("Enter your e-mail address.")),
    Length(max=MAX_EMAIL, message=N_("That address is too long.")),
]


def text_of(field: StringField) -> str:
    """What was typed. A field that was not sent at all is an empty one."""
    return field.data or ""


class Form(FlaskForm):  # type: ignore[misc]
    def __init__(self, **values: Any) -> None:
        """With what was sent; also once more, if it could not be taken (rejected_forms.py)."""
        csrf.bind_secret_to_session()
        refused = g.get("refused_form")
        if refused:
            values["formdata"] = request.form
        super().__init__(**values)
        if refused:
            self.form_errors.append(refused)
            g.form_was_shown = True

    def add_errors(self, refusal: ValidationFailed) -> None:
        """Put the core's complaints beside the fields that they are about."""
        for name, complaints in refusal.fields.items():
            self[name].errors = [*self[name].errors, *complaints]


class LoginForm(Form):
    email = EmailField(N_("E-mail"), EMAIL_VALIDATORS)
    password = PasswordField(N_("Password"), [DataRequired(N_("Enter your password."))])
    remember = BooleanField(N_("Keep me signed in"))
    next = HiddenField()


class RegisterForm(Form):
    name = StringField(N_("Name (optional)"))
    email = EmailField(N_("E-mail"), EMAIL_VALIDATORS)
    password = PasswordField(N_("Password"), [DataRequired(N_("Choose a password."))])
    next = HiddenField()


class ProfileForm(Form):
    name = StringField(N_("Name (optional)"))
    email = EmailField(N_("E-mail"), EMAIL_VALIDATORS)
    current_password = PasswordField(N_("Current password"))


class ChangePasswordForm(Form):
    current_password = PasswordField(
        N_("Current password"), [DataRequired(N_("Enter your current password."))]
    )
    new_password = PasswordField(N_("New password"), [DataRequired(N_("Choose a new password."))])


def is_email(form: "Form", field: EmailField) -> None:
    """Raises ValidationError with advice: mail to it could not arrive."""
    try:
        normalize_email(text_of(field))
    except ValueError as refusal:
        raise ValidationError(*refusal.args) from None


class EmailForm(Form):
    email = EmailField(N_("E-mail"), [*EMAIL_VALIDATORS, is_email])


class ConfirmForm(Form):
    """Of an account that is still pending; otherwise the button is enough."""

    password = PasswordField(
        N_("Your password"), [DataRequired(N_("Enter the password you chose."))]
    )


class ResetForm(Form):
    password = PasswordField(N_("New password"), [DataRequired(N_("Choose a new password."))])


class NewPasswordForm(Form):
    """Of an account without a password."""

    new_password = PasswordField(N_("New password"), [DataRequired(N_("Choose a new password."))])


class SecondStepForm(Form):
    code = StringField(N_("Code of the app"))
    recovery_code = StringField(N_("Recovery code"))
    trust = BooleanField(N_("Trust this browser for 30 days"))

    def validate(self, extra_validators: Any = None) -> bool:
        valid: bool = super().validate(extra_validators)
        if not (text_of(self.code).strip() or text_of(self.recovery_code).strip()):
            self.code.errors = [N_("Enter the six digits that the app shows.")]
            return False
        return valid


class AuthenticatorForm(Form):
    setup = HiddenField()
    code = StringField(
        N_("Code of the app"), [DataRequired(N_("Enter the six digits of the app."))]
    )


class RecoveryCodesForm(Form):
    batch = HiddenField()
    saved = BooleanField(
        N_("I have saved these codes"),
        [DataRequired(N_("Save the codes first, then tick this box."))],
    )


class DeleteForm(Form):
    password = PasswordField(N_("Password"), [DataRequired(N_("Enter your password."))])
    confirm = StringField(
        N_("Your e-mail address, to confirm"), [DataRequired(N_("Type your e-mail address."))]
    )
