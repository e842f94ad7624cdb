using System.Collections.Concurrent;
using System.Net;

namespace Tarn;

/// <summary>
/// The names that the server answers to: those of loopback; with authentication also addresses, which no page can have rebound, and the configured names.
/// </summary>
internal sealed class HostNames(bool isRequired, IReadOnlyList<string> configured)
{
    private const int MostKept = 256;

    // Whole Host headers that were found good: they are few, and a request costs no more than a look.
    private readonly ConcurrentDictionary<string, bool> _good = new(StringComparer.Ordinal);

    /// <summary>Whether a text can stand in <c>Security:Hosts</c>.</summary>
    public static bool IsPattern(string text) =>
        Uri.CheckHostName(text.StartsWith("*.", StringComparison.Ordinal) ? text[2..] : text) == UriHostNameType.Dns;

    /// <summary>Whether a Host header names this server.</summary>
    public bool Accepts(string? header)
    {
        if (header is null)
        {
            return false;
        }

        if (_good.ContainsKey(header))
        {
            return true;
        }

        if (!AcceptsName(new Microsoft.AspNetCore.Http.HostString(header).Host))
        {
            return false;
        }

        if (_good.Count < MostKept)
        {
            _good.TryAdd(header, true);
        }

        return true;
    }

    /// <summary>Whether a name was configured, as one that people type.</summary>
    public bool IsConfigured(string host)
    {
        foreach (var name in configured)
        {
            if (name.StartsWith("*.", StringComparison.Ordinal) ? host.EndsWith(name[1..], StringComparison.OrdinalIgnoreCase) : host.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    public static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private bool AcceptsName(string host) => IsLoopback(host) || (isRequired && (IPAddress.TryParse(host.Trim('[', ']'), out _) || IsConfigured(host)));
}
