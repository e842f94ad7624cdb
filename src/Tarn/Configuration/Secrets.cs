using System.Text.RegularExpressions;

namespace Tarn;

/// <summary>Keeps secrets out of what is shown.</summary>
internal static partial class Secrets
{
    /// <summary>The value as it may be shown: wholly masked where the key names a secret, else without passwords that stand in it.</summary>
    public static string Mask(string key, string value)
    {
        if (value.Length == 0)
        {
            return value;
        }

        return SecretKey().IsMatch(key) || AlertChannelKey().IsMatch(key) ? "••••••" : UrlPassword().Replace(ConnectionPassword().Replace(value, "$1••••••"), "$1••••••@");
    }

    [GeneratedRegex("(password|passwd|secret|token|apikey|api_key|accesskey|credential)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SecretKey();

    // The URL of a webhook is a key, and so may be what stands under a name that was misspelt: of a channel only what is known to be harmless is shown.
    [GeneratedRegex("^Alerts:Channels:[^:]+:(?!(Type|Host|Port|StartTls|User|From|To(:[0-9]+)?|Title|Text|GroupWindow|MessagesPerMinute|Timeout)$)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex AlertChannelKey();

    [GeneratedRegex(@"((?:password|pwd|secret|token)\s*=\s*)(""[^""]*""|'[^']*'|[^;&\s]*)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex ConnectionPassword();

    [GeneratedRegex("(://[^/:@\\s]*:)\\S+@", RegexOptions.CultureInvariant)]
    private static partial Regex UrlPassword();
}
