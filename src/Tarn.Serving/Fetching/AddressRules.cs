using System.Net;
using System.Net.Sockets;

namespace Tarn.Serving;

/// <summary>
/// Which addresses a stranger's URL may lead to: public ones, by the registries of special-purpose addresses (RFC 6890 and what followed it). Of IPv6 only the global
/// unicast space 2000::/3 is taken, so that what is not told here (unique local, link-local, site-local, multicast, mapped, compatible, NAT64, ::, ::1) is refused as a whole.
/// </summary>
internal sealed class AddressRules
{
    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");

    private static readonly IPNetwork[] NotPublic =
    [
        .. new[]
        {
            "0.0.0.0/8", // this network
            "10.0.0.0/8", // private
            "100.64.0.0/10", // between carrier and customer
            "127.0.0.0/8", // loopback
            "169.254.0.0/16", // link-local, with the metadata services of clouds
            "172.16.0.0/12", // private
            "192.0.0.0/24", // protocol assignments
            "192.0.2.0/24", // documentation
            "192.88.99.0/24", // relays of 6to4
            "192.168.0.0/16", // private
            "198.18.0.0/15", // benchmarks
            "198.51.100.0/24", // documentation
            "203.0.113.0/24", // documentation
            "224.0.0.0/4", // multicast
            "240.0.0.0/4", // reserved, and broadcast
            "2001::/23", // protocol assignments, with Teredo, which carries an IPv4 address
            "2001:db8::/32", // documentation
            "2002::/16", // 6to4, which carries an IPv4 address
            "3fff::/20", // documentation
        }.Select(static n => IPNetwork.Parse(n)),
    ];

    private readonly IPNetwork[] _allowed;
    private readonly IPNetwork[] _refused;

    public AddressRules(FetchOptions options) =>
        (_allowed, _refused) = ([.. options.AllowedNetworks.Select(static n => IPNetwork.Parse(n))], [.. options.RefusedNetworks.Select(static n => IPNetwork.Parse(n))]);

    /// <summary>Whether the address may be connected to.</summary>
    /// <remarks>IPNetwork takes an IPv4 address that is mapped into IPv6 for the IPv4 address, and then answers wrongly for networks of IPv6: such addresses are refused before.</remarks>
    public bool Allows(IPAddress address) => !address.IsIPv4MappedToIPv6 && !IsIn(_refused, address) && (IsIn(_allowed, address) || IsPublic(address));

    private static bool IsPublic(IPAddress address) =>
        (address.AddressFamily == AddressFamily.InterNetwork || (address.AddressFamily == AddressFamily.InterNetworkV6 && GlobalUnicast.Contains(address)))
        && !IsIn(NotPublic, address);

    private static bool IsIn(IPNetwork[] networks, IPAddress address)
    {
        foreach (var network in networks)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }

        return false;
    }
}
