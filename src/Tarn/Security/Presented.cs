using Microsoft.AspNetCore.Http;

namespace Tarn;

/// <summary>What a request presents.</summary>
internal enum PresentedKind
{
    /// <summary>Nothing.</summary>
    Nothing,

    /// <summary>A key.</summary>
    Key,

    /// <summary>What may be a token.</summary>
    Token,

    /// <summary>A session's cookie.</summary>
    Session,

    /// <summary>Something of another kind, or several.</summary>
    Unknown,
}

/// <summary>By what a request says who calls; it points into the header.</summary>
internal readonly record struct Presented(PresentedKind Kind, string Text, int Start, int Length)
{
    public const string KeyHeader = "X-Api-Key";
    public const string Cookie = "tarn_session";
    private const string Scheme = "Bearer ";

    public ReadOnlySpan<char> Span => Text.AsSpan(Start, Length);

    /// <summary>An <c>Authorization</c> comes before an <c>X-Api-Key</c>, and that before a cookie.</summary>
    public static Presented Of(HttpRequest request)
    {
        var authorization = request.Headers.Authorization;
        if (authorization.Count > 0)
        {
            return authorization.Count == 1 && authorization[0] is { } text && text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
                ? OfText(text, Scheme.Length)
                : new Presented(PresentedKind.Unknown, "", 0, 0);
        }

        if (request.Headers.TryGetValue(KeyHeader, out var keys) && keys.Count > 0)
        {
            return keys.Count == 1 && keys[0] is { } text ? OfText(text, 0) : new Presented(PresentedKind.Unknown, "", 0, 0);
        }

        foreach (var cookies in request.Headers.Cookie)
        {
            if (cookies is not null && OfCookies(cookies) is { Kind: PresentedKind.Session } session)
            {
                return session;
            }
        }

        return default;
    }

    /// <summary>A key or a token, as it is written.</summary>
    public static Presented OfText(string text, int start)
    {
        while (start < text.Length && text[start] == ' ')
        {
            start++;
        }

        return new Presented(text.AsSpan(start).StartsWith(KeyText.Prefix, StringComparison.Ordinal) ? PresentedKind.Key : PresentedKind.Token, text, start, text.Length - start);
    }

    private static Presented OfCookies(string text)
    {
        var at = 0;
        while (at < text.Length)
        {
            var end = text.IndexOf(';', at);
            end = end < 0 ? text.Length : end;
            while (at < end && text[at] == ' ')
            {
                at++;
            }

            if (end - at > Cookie.Length && text[at + Cookie.Length] == '=' && text.AsSpan(at).StartsWith(Cookie, StringComparison.Ordinal))
            {
                var start = at + Cookie.Length + 1;
                return new Presented(PresentedKind.Session, text, start, end - start);
            }

            at = end + 1;
        }

        return default;
    }
}
