using Microsoft.AspNetCore.Http;

namespace Tarn;

/// <summary>
/// Keeps web pages of other origins out: a request's Host must be a name of this server (a page whose name was rebound to its address says its own name), and what changes something must
/// not come from another origin, so that no page uses what a browser sends by itself: a session's cookie, or, without authentication, the mere reach of the port.
/// </summary>
internal sealed class LocalGuard(HostNames names, SecurityPlan plan)
{
    /// <summary>Why the request is refused, or null.</summary>
    public ProblemView? Refuse(HttpRequest request)
    {
        if (!names.Accepts(request.Host.Value))
        {
            return Problems.Of(
                421,
                plan.IsRequired
                    ? "Tarn answers to its addresses, to localhost, and to the names in Security:Hosts."
                    : "Tarn answers to the names of this machine's loopback: localhost, 127.0.0.1, [::1].",
                request.Host.Value,
                plan.IsRequired
                    ? "Add the name to Security:Hosts."
                    : "Use one of those names; a proxy before Tarn has to set the Host header to one.",
                request.Path);
        }

        if (AccessRules.IsSafe(request.Method))
        {
            return null;
        }

        var origin = request.Headers.Origin.ToString();
        var foreign = origin.Length > 0 && !IsSameOrigin(origin, request);
        return foreign || request.Headers["Sec-Fetch-Site"].ToString() is "cross-site"
            ? Problems.Of(403, "A page of another origin changes nothing here.", origin.Length > 0 ? origin : "cross-site", "Call from a page of this server, or from a program.", request.Path)
            : null;
    }

    // Behind a proxy that ends TLS the page's origin is https and the request is not: only by a configured name.
    private bool IsSameOrigin(string origin, HttpRequest request) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri)
        && (uri.Scheme == request.Scheme || (uri.Scheme == Uri.UriSchemeHttps && names.IsConfigured(uri.Host)))
        && uri.Host.Equals(request.Host.Host, StringComparison.OrdinalIgnoreCase)
        && uri.Port == (request.Host.Port ?? (uri.Scheme == Uri.UriSchemeHttps ? 443 : 80));
}
