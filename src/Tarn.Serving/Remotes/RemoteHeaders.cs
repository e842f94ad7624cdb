using System.Collections.Frozen;
using System.Globalization;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Tarn.Serving;

/// <summary>
/// Which headers go on to an instance, and which come back: those that mean something to the model server or the caller. Not those of a single connection (RFC 9110, section 7.6.1), nor those by
/// which either side trusts the other: what the caller authenticated itself with, whom it says it is forwarded for, cookies, and rules for browsers.
/// </summary>
internal static class RemoteHeaders
{
    /// <summary>How many gateways forwarded a request before this one.</summary>
    public const string Hops = "X-Tarn-Hops";

    private const string OfTarn = "X-Tarn-";

    private static readonly FrozenSet<string> Connection = Set(
        "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Authentication-Info", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "HTTP2-Settings", "Content-Length");

    private static readonly FrozenSet<string> NotSent = Set(
        "Host", "Authorization", "X-Api-Key", "Cookie", "Origin", "Expect", "Content-Encoding", "Accept-Encoding", "Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range", "Via",
        "Forwarded", "X-Real-IP", "Max-Forwards", "X-Http-Method-Override", "X-Original-Url", "X-Rewrite-Url");

    private static readonly FrozenSet<string> NotPassedBack = Set(
        "Set-Cookie", "WWW-Authenticate", "Authentication-Info", "Server", "Date", "Alt-Svc", "Strict-Transport-Security", "Clear-Site-Data", "Location", "Via", ServingFront.VariantHeader, ServingFront.PredictionHeader);

    /// <summary>Puts the caller's headers, and the cluster's key, on a request.</summary>
    public static void Send(HttpRequest from, HttpRequestMessage to, RemoteOptions options, int hops)
    {
        foreach (var (name, values) in from.Headers)
        {
            if (name.StartsWith(':') || Connection.Contains(name) || NotSent.Contains(name) || IsNamed(from.Headers.Connection, name)
                || name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase) || name.StartsWith(OfTarn, StringComparison.OrdinalIgnoreCase) || !HasNoControls(values))
            {
                continue;
            }

            if (!to.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
            {
                to.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }

        to.Headers.TryAddWithoutValidation(Hops, hops.ToString(CultureInfo.InvariantCulture));
        AddKey(to, options);
    }

    public static void AddKey(HttpRequestMessage to, RemoteOptions options)
    {
        if (options.ApiKey is { } key)
        {
            to.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }
    }

    /// <summary>Puts an answer's headers on that to the caller.</summary>
    public static void PassBack(HttpResponseMessage from, IHeaderDictionary to)
    {
        PassBack(from.Headers.NonValidated, from.Headers.NonValidated, to);
        PassBack(from.Content.Headers.NonValidated, from.Headers.NonValidated, to);
    }

    private static void PassBack(HttpHeadersNonValidated from, HttpHeadersNonValidated all, IHeaderDictionary to)
    {
        foreach (var (name, values) in from)
        {
            if (Connection.Contains(name) || NotPassedBack.Contains(name) || name.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            var passed = new StringValues([.. values]);
            if (!(all.TryGetValues("Connection", out var connection) && IsNamed(new StringValues([.. connection]), name)) && IsPrintable(passed))
            {
                to[name] = passed;
            }
        }
    }

    /// <summary>Whether a header <c>Connection</c> names another one, which is then of that connection alone.</summary>
    private static bool IsNamed(StringValues connection, string name)
    {
        foreach (var line in connection)
        {
            foreach (var part in line.AsSpan().Split(','))
            {
                if (line.AsSpan(part).Trim().Equals(name, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static bool HasNoControls(StringValues values)
    {
        foreach (var value in values)
        {
            foreach (var c in value ?? "")
            {
                if (char.IsControl(c) && c != '\t')
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static bool IsPrintable(StringValues values)
    {
        foreach (var value in values)
        {
            if (value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            {
                return false;
            }
        }

        return true;
    }

    private static FrozenSet<string> Set(params string[] names) => names.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
}
