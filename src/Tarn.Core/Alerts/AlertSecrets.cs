namespace Tarn.Core;

/// <summary>Keeps a channel's secrets out of what is told of it.</summary>
internal sealed class AlertSecrets
{
    private const string Mask = "••••••";
    private const int Shortest = 4;
    private const int ShortestPart = 8;
    private const int LongestWord = 20;

    private readonly IReadOnlyList<string> _secrets;

    /// <summary>Of what the channel says is secret: as it is, and as it looks in a URL, in JSON, in base64 (as passwords go over SMTP and HTTP).</summary>
    public AlertSecrets(IEnumerable<string> secrets) => _secrets =
    [
        .. secrets.Where(static s => s.Length >= Shortest)
            .SelectMany(static s => new[] { s, Uri.EscapeDataString(s), System.Text.Encodings.Web.JavaScriptEncoder.Default.Encode(s), Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(s)) })
            .Distinct(StringComparer.Ordinal)
            .OrderByDescending(static s => s.Length),
    ];

    /// <summary>What of a URL is secret: all behind the host, whole and in its parts, and who logs in.</summary>
    public static IEnumerable<string> Of(Uri url)
    {
        if (url.UserInfo.Length > 0)
        {
            yield return url.UserInfo;
            yield return Uri.UnescapeDataString(url.UserInfo);
            foreach (var part in url.UserInfo.Split(':'))
            {
                yield return part;
            }
        }

        if (url.PathAndQuery.Length >= ShortestPart)
        {
            yield return url.PathAndQuery;
        }

        foreach (var part in url.PathAndQuery.Split('/', '?', '&', '=').Where(IsKey))
        {
            yield return part;
        }
    }

    /// <summary>Whether a part of a URL or a header is a key rather than a word: words stand in alerts, too, and are not to be masked there.</summary>
    public static bool IsKey(string part) => part.Length >= LongestWord || (part.Length >= ShortestPart && part.Any(char.IsAsciiDigit));

    public string Hide(string text)
    {
        foreach (var secret in _secrets)
        {
            text = text.Replace(secret, Mask, StringComparison.Ordinal);
        }

        return text;
    }
}
