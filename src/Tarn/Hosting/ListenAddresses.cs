using System.Net;
using Tarn.Core;

namespace Tarn;

/// <summary>Where the server listens: read from <c>Urls</c>, and only on loopback, since it has no authentication.</summary>
internal static class ListenAddresses
{
    /// <summary>Reads URLs separated by semicolons or commas.</summary>
    /// <exception cref="TarnException">One of them is not of a form that can be listened on, or leads beyond loopback.</exception>
    public static IReadOnlyList<IPEndPoint> Parse(string urls)
    {
        var found = new List<IPEndPoint>();
        foreach (var text in urls.Split([';', ','], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            found.Add(ParseOne(text));
        }

        return found.Count > 0 ? found : throw Bad(urls);
    }

    /// <summary>The URL of an address.</summary>
    public static Uri ToUrl(IPEndPoint address) => new UriBuilder(Uri.UriSchemeHttp, address.Address.ToString(), address.Port).Uri;

    private static IPEndPoint ParseOne(string text)
    {
        // * and + are the framework's words for every address, and no host of a URL.
        var url = text.Replace("//*", "//0.0.0.0", StringComparison.Ordinal).Replace("//+", "//0.0.0.0", StringComparison.Ordinal);
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.AbsolutePath != "/" || uri.Query.Length > 0)
        {
            throw Bad(text);
        }

        if (uri.Scheme != Uri.UriSchemeHttp)
        {
            throw TarnException.InvalidInput(
                "Tarn listens on plain HTTP, on loopback.", text, "Use http://127.0.0.1:8080; put a proxy with TLS and authentication before it where others are to reach it.");
        }

        if (uri.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            return new IPEndPoint(IPAddress.Loopback, uri.Port);
        }

        if (!IPAddress.TryParse(uri.Host.Trim('[', ']'), out var address) || !IPAddress.IsLoopback(address))
        {
            throw TarnException.InvalidInput(
                "Tarn listens on loopback only: it has no authentication yet, so whoever reaches its port can do everything.",
                text,
                "Use an address of this machine's own (http://127.0.0.1:8080, http://[::1]:8080), and reach it from elsewhere by `ssh -L 8080:127.0.0.1:8080 HOST`, or by a proxy that authenticates.");
        }

        return new IPEndPoint(address, uri.Port);
    }

    private static TarnException Bad(string text) =>
        TarnException.InvalidInput("Urls are one or more http://ADDRESS:PORT, separated by semicolons; port 0 takes a free one.", text, $"For example {TarnOptions.DefaultUrls}.");
}
