using System.Globalization;
using System.Net;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>What <see cref="ContentFetcher"/> fetches, and how much of it. The defaults fetch pictures from the public internet.</summary>
public sealed record FetchOptions
{
    /// <summary>Whether a URL has to be <c>https</c>; default false: <c>http</c> is fetched, too.</summary>
    public bool HttpsOnly { get; init; }

    /// <summary>Ports, 1 to 65,535, that a URL may name besides 80 and 443; default none.</summary>
    public IReadOnlyList<int> Ports { get; init; } = [];

    /// <summary>
    /// Networks in CIDR notation (<c>10.1.0.0/16</c>, <c>fd00:1::/48</c>) that are fetched from although they are not public: the intranet that pictures come from. Default none.
    /// Whoever may call the server may then reach every address in them, at ports 80, 443 and <see cref="Ports"/>.
    /// </summary>
    public IReadOnlyList<string> AllowedNetworks { get; init; } = [];

    /// <summary>
    /// Networks in CIDR notation that are never fetched from, be they public or allowed: this machine's own public addresses, a network's own prefix of NAT64. Default none.
    /// </summary>
    public IReadOnlyList<string> RefusedNetworks { get; init; } = [];

    /// <summary>Media types that are taken, in lower case; default <c>image/jpeg</c>, <c>image/png</c>, <c>image/webp</c>, <c>image/gif</c>.</summary>
    public IReadOnlyList<string> ContentTypes { get; init; } = ["image/jpeg", "image/png", "image/webp", "image/gif"];

    /// <summary>The most bytes of a body, 1 to 1 GiB; default 10 MiB.</summary>
    public int MaxBytes { get; init; } = 10 << 20;

    /// <summary>The most bytes of an answer's headers, in KiB, 1 to 1,024; default 16.</summary>
    public int MaxHeaderKiB { get; init; } = 16;

    /// <summary>Redirects that are followed, 0 to 10; default 3.</summary>
    public int MaxRedirects { get; init; } = 3;

    /// <summary>The time that a fetch takes at most, waiting, redirects and body included: 10 ms to 5 minutes; default 5 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Fetches at once, 1 to 1,024; default 32. Further ones wait, within their time.</summary>
    public int MaxConcurrent { get; init; } = 32;

    /// <summary>Checks every option and reports all faults at once.</summary>
    /// <exception cref="TarnException">InvalidInput: an option is out of its range.</exception>
    public void Validate()
    {
        var faults = new List<string>();
        Check(Ports.All(static p => p is >= 1 and <= 65_535), $"Ports = {string.Join(", ", Ports)}: each is 1 to 65,535.");
        CheckNetworks("AllowedNetworks", AllowedNetworks);
        CheckNetworks("RefusedNetworks", RefusedNetworks);
        Check(ContentTypes.All(static t => t.Contains('/', StringComparison.Ordinal) && t == t.ToLowerInvariant()), $"ContentTypes = {string.Join(", ", ContentTypes)}: each is a media type in lower case.");
        Check(MaxBytes is >= 1 and <= 1 << 30, $"MaxBytes = {MaxBytes}: 1 to 1 GiB.");
        Check(MaxHeaderKiB is >= 1 and <= 1024, $"MaxHeaderKiB = {MaxHeaderKiB}: 1 to 1,024.");
        Check(MaxRedirects is >= 0 and <= 10, $"MaxRedirects = {MaxRedirects}: 0 to 10.");
        Check(Timeout >= TimeSpan.FromMilliseconds(10) && Timeout <= TimeSpan.FromMinutes(5), $"Timeout = {Timeout}: 10 ms to 5 minutes.");
        Check(MaxConcurrent is >= 1 and <= 1024, $"MaxConcurrent = {MaxConcurrent}: 1 to 1,024.");
        if (faults.Count > 0)
        {
            throw TarnException.InvalidInput("The options of fetching are each within their range.", string.Join(" ", faults), "Correct them.");
        }

        void Check(bool holds, FormattableString fault)
        {
            if (!holds)
            {
                faults.Add(fault.ToString(CultureInfo.InvariantCulture));
            }
        }

        void CheckNetworks(string name, IReadOnlyList<string> networks)
        {
            foreach (var network in networks)
            {
                Check(IPNetwork.TryParse(network, out _), $"{name} has {network}: a network is written as 10.1.0.0/16 or fd00:1::/48.");
            }
        }
    }
}
