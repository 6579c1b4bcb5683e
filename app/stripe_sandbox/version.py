"""The one version of Stripe's API the stand-in speaks: that of the installed library, whose shapes it takes."""

from stripe._api_version import _ApiVersion

API_VERSION = _ApiVersion.CURRENT
