using Microsoft.AspNetCore.Http;

namespace Tarn;

/// <summary>
/// What every response says to a browser: only this origin's scripts run, nobody may frame the console or read its
/// resources from another origin, and types are what they say they are.
/// </summary>
internal static class SecurityHeaders
{
    // Component libraries put styles into the page; scripts come from files alone.
    private const string Policy =
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; " +
        "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

    public static void Set(HttpResponse response)
    {
        var headers = response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        var request = response.HttpContext.Request;
        if (request.IsHttps && !HostNames.IsLoopback(request.Host.Host))
        {
            // Not for localhost: there it would hold for every other program's port, too.
            headers.StrictTransportSecurity = "max-age=31536000";
        }
    }
}
