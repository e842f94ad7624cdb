using System.Net;
using Microsoft.AspNetCore.Http;

namespace Tarn;

/// <summary>
/// Keeps web pages of other origins out, since whoever reaches the port can do everything: a request's Host must be this
/// machine (a page whose name was rebound to loopback says its own name), and what changes something must not come from another origin.
/// </summary>
internal static class LocalGuard
{
    /// <summary>Why the request is refused, or null.</summary>
    public static ProblemView? Refuse(HttpRequest request)
    {
        if (!IsLocal(request.Host.Host))
        {
            return Problems.Of(
                421,
                "Tarn answers to the names of this machine's loopback: localhost, 127.0.0.1, [::1].",
                request.Host.Value,
                "Use one of those names; a proxy before Tarn has to set the Host header to one.",
                request.Path);
        }

        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method))
        {
            return null;
        }

        var origin = request.Headers.Origin.ToString();
        var foreign = origin.Length > 0 && !IsSameOrigin(origin, request.Host);
        return foreign || request.Headers["Sec-Fetch-Site"].ToString() is "cross-site"
            ? Problems.Of(403, "A page of another origin changes nothing here.", origin.Length > 0 ? origin : "cross-site", "Call from a page of this server, or from a program.", request.Path)
            : null;
    }

    private static bool IsLocal(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private static bool IsSameOrigin(string origin, HostString host) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttp
        && uri.Host.Equals(host.Host, StringComparison.OrdinalIgnoreCase) && uri.Port == (host.Port ?? 80);
}
