using System.Net;
using Tarn.Core;

namespace Tarn;

/// <summary>Where may be listened.</summary>
/// <param name="BeyondLoopback">Whether elsewhere than on loopback: callers authenticate.</param>
/// <param name="Tls">Whether by https: there is a certificate.</param>
internal readonly record struct ListenRules(bool BeyondLoopback, bool Tls);

/// <summary>An address to listen on.</summary>
/// <param name="EndPoint">The address and the port; port 0 takes a free one.</param>
/// <param name="IsTls">Whether by https.</param>
internal readonly record struct ListenAddress(IPEndPoint EndPoint, bool IsTls)
{
    public int Port => EndPoint.Port;

    public bool IsLoopback => IPAddress.IsLoopback(EndPoint.Address);

    /// <summary>The URL by which this machine reaches it.</summary>
    public Uri Url => new UriBuilder(
        IsTls ? Uri.UriSchemeHttps : Uri.UriSchemeHttp,
        EndPoint.Address.Equals(IPAddress.Any) ? IPAddress.Loopback.ToString() : EndPoint.Address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback.ToString() : EndPoint.Address.ToString(),
        EndPoint.Port).Uri;

    public override string ToString() => EndPoint.ToString();
}

/// <summary>Where the server listens, read from <c>Urls</c>: on loopback, and elsewhere only where callers authenticate.</summary>
internal static class ListenAddresses
{
    /// <summary>Reads URLs separated by semicolons or commas.</summary>
    /// <param name="urls">The URLs.</param>
    /// <param name="rules">Where may be listened; default on loopback without TLS.</param>
    /// <exception cref="TarnException">One of them is not of a form that can be listened on, or leads where may not be listened.</exception>
    public static IReadOnlyList<ListenAddress> Parse(string urls, ListenRules rules = default)
    {
        var found = new List<ListenAddress>();
        foreach (var text in urls.Split([';', ','], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            found.Add(ParseOne(text, rules));
        }

        return found.Count > 0 ? found : throw Bad(urls);
    }

    /// <summary>The URL by which this machine reaches a server that says where it listens: every address is none.</summary>
    public static string Reachable(string url) =>
        url.Replace("//0.0.0.0", "//127.0.0.1", StringComparison.Ordinal).Replace("//[::]", "//[::1]", StringComparison.Ordinal);

    private static ListenAddress ParseOne(string text, ListenRules rules)
    {
        // * and + are the framework's words for every address, and no host of a URL.
        var url = text.Replace("//*", "//0.0.0.0", StringComparison.Ordinal).Replace("//+", "//0.0.0.0", StringComparison.Ordinal);
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.AbsolutePath != "/" || uri.Query.Length > 0 || uri.Scheme is not ("http" or "https"))
        {
            throw Bad(text);
        }

        var isTls = uri.Scheme == Uri.UriSchemeHttps;
        if (isTls && !rules.Tls)
        {
            throw TarnException.InvalidInput(
                "https needs a certificate.", text, "Set Security:Tls:Certificate to a file in PEM or PKCS #12 (and Security:Tls:Key, where the private key is in another), or listen on http://127.0.0.1:8080.");
        }

        if (uri.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            return new ListenAddress(new IPEndPoint(IPAddress.Loopback, uri.Port), isTls);
        }

        if (IPAddress.TryParse(uri.Host.Trim('[', ']'), out var address) && (rules.BeyondLoopback || IPAddress.IsLoopback(address)))
        {
            return new ListenAddress(new IPEndPoint(address, uri.Port), isTls);
        }

        throw rules.BeyondLoopback
            ? TarnException.InvalidInput("An address to listen on is a number, localhost, or * for all.", text, "As in https://0.0.0.0:8443; the names by which it is called stand in Security:Hosts.")
            : TarnException.InvalidInput(
                "Without authentication Tarn listens on loopback only: whoever reaches its port can do everything.",
                text,
                "Make a key (tarn keys create NAME --role admin) and set Security:Authentication to required; or use an address of this machine's own (http://127.0.0.1:8080, http://[::1]:8080), and reach it from elsewhere by `ssh -L 8080:127.0.0.1:8080 HOST`.");
    }

    private static TarnException Bad(string text) => TarnException.InvalidInput(
        "Urls are one or more http://ADDRESS:PORT or https://ADDRESS:PORT, separated by semicolons; port 0 takes a free one.", text, $"For example {TarnOptions.DefaultUrls}.");
}
