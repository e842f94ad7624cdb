using Tarn.Core;

namespace Tarn.Serving;

/// <summary>What a URL to fetch may look like, and what of it may be told.</summary>
internal static class FetchUrl
{
    private const int MaxLength = 4096;
    private const int MaxShown = 200;

    /// <summary>The URL of a caller's text.</summary>
    /// <exception cref="TarnException">InvalidInput: it breaks a rule.</exception>
    public static Uri Parse(string text, FetchOptions options)
    {
        if (text.Length > MaxLength)
        {
            throw TarnException.InvalidInput("A URL to fetch has at most 4,096 characters.", Shown(text), "Host the content under a shorter URL, or send its bytes in the request.");
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || !HasHost(url))
        {
            throw TarnException.InvalidInput("A URL to fetch is an absolute http or https URL.", Shown(text), "Write it as https://example.org/picture.jpg, or send the bytes in the request.");
        }

        return BrokenRule(url, options) is { } rule ? throw TarnException.InvalidInput(rule, Shown(url), "Give another URL, or send the content's bytes in the request.") : url;
    }

    /// <summary>The rule that a URL breaks, be it a caller's or a redirect's; null where it keeps all.</summary>
    public static string? BrokenRule(Uri url, FetchOptions options)
    {
        if (url.Scheme != Uri.UriSchemeHttps && (options.HttpsOnly || url.Scheme != Uri.UriSchemeHttp))
        {
            return options.HttpsOnly ? "A URL to fetch is an https URL." : "A URL to fetch is an http or https URL.";
        }

        if (url.UserInfo.Length > 0)
        {
            return "A URL to fetch has no user name and no password.";
        }

        return url.Port is 80 or 443 || options.Ports.Contains(url.Port) ? null : "A URL to fetch names no port, or one that this server allows.";
    }

    /// <summary>The rule that a redirect breaks; null where it keeps all.</summary>
    public static string? BrokenRule(Uri from, Uri to, FetchOptions options)
    {
        if (from.Scheme == Uri.UriSchemeHttps && to.Scheme != Uri.UriSchemeHttps)
        {
            return "An https URL redirects to https URLs only.";
        }

        return !HasHost(to) || BrokenRule(to, options) is not null ? "A URL redirects to URLs that could be fetched by themselves." : null;
    }

    /// <summary>The URL as errors and logs show it: what may be a secret (user name, password, query, fragment) is left out.</summary>
    public static string Shown(Uri url) => Shorten(url.GetComponents(UriComponents.Scheme | UriComponents.Host | UriComponents.Port | UriComponents.Path, UriFormat.UriEscaped));

    /// <summary>Whether the URL has a host that has a form in ASCII, which is the one that is asked for.</summary>
    private static bool HasHost(Uri url)
    {
        try
        {
            return url.IdnHost.Length > 0;
        }
        catch (UriFormatException)
        {
            return false;
        }
    }

    private static string Shown(string text)
    {
        var end = text.AsSpan().IndexOfAny('?', '#');
        var shown = end < 0 ? text : text[..end];
        var start = shown.IndexOf("//", StringComparison.Ordinal) is >= 0 and var slashes ? slashes + 2 : 0;
        var user = shown.LastIndexOf('@');
        return Shorten(user >= start ? string.Concat(shown.AsSpan(0, start), shown.AsSpan(user + 1)) : shown);
    }

    private static string Shorten(string text) => text.Length > MaxShown ? string.Concat(text.AsSpan(0, MaxShown), "…") : text;
}
