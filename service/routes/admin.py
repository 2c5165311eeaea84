"""The routes by which policies and tenants are read and changed."""

from litestar.handlers import HTTPRouteHandler

from service.routes import policies, shadow, tenants, trial, versions


def admin_routes() -> list[HTTPRouteHandler]:
    """Return them."""
    return [
        policies.policies,
        policies.policy,
        policies.retire,
        versions.versions,
        versions.save,
        versions.version,
        versions.activate,
        versions.diff,
        shadow.shadow,
        shadow.set_shadow,
        shadow.end_shadow,
        trial.try_out,
        tenants.tenants,
        tenants.tenant_policy,
        tenants.assign,
        tenants.unassign,
    ]
