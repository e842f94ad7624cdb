using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Tarn.Serving;

/// <summary>Finds the addresses of a host. The names of the host are as the URL has them (international ones in their ASCII form).</summary>
/// <param name="host">The host's name.</param>
/// <param name="cancellation">Stops the search.</param>
public delegate Task<IPAddress[]> HostResolver(string host, CancellationToken cancellation);

/// <summary>
/// Opens connections: resolves the host, checks every address, and connects to one of those that it has checked. Nobody resolves the name a second time, so that an answer that
/// changes between check and use changes nothing. A host with one address that is refused is refused as a whole.
/// </summary>
internal sealed class CheckedDial(AddressRules rules, HostResolver resolve, Func<IPEndPoint, CancellationToken, ValueTask<Stream>> connect, ILogger log)
{
    private const int MostTried = 4;

    /// <summary>A connection to a host.</summary>
    /// <exception cref="HostRefusedException">The host has no address, or one that may not be connected to.</exception>
    public async ValueTask<Stream> ConnectAsync(DnsEndPoint host, CancellationToken cancellation)
    {
        var addresses = await ResolveAsync(host.Host, cancellation).ConfigureAwait(false);
        foreach (var address in addresses)
        {
            if (!rules.Allows(address))
            {
                FetchEvents.Refused(log, host.Host, address);
                throw new HostRefusedException();
            }
        }

        for (var i = 0; ; i++)
        {
            try
            {
                return await connect(new IPEndPoint(addresses[i], host.Port), cancellation).ConfigureAwait(false);
            }
            catch (SocketException) when (i < Math.Min(addresses.Length, MostTried) - 1)
            {
                // The next address may answer.
            }
        }
    }

    /// <summary>Connects to an address.</summary>
    public static async ValueTask<Stream> OpenSocketAsync(IPEndPoint address, CancellationToken cancellation)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address, cancellation).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellation)
    {
        // Also forms such as 0x7f.1: what is read here is what is checked and connected to.
        if (IPAddress.TryParse(host, out var literal))
        {
            return [literal];
        }

        try
        {
            var addresses = await resolve(host, cancellation).ConfigureAwait(false);
            if (addresses.Length > 0)
            {
                return addresses;
            }
        }
        catch (SocketException error)
        {
            FetchEvents.NotResolved(log, host, error.SocketErrorCode);
            throw new HostRefusedException();
        }

        FetchEvents.NotResolved(log, host, SocketError.NoData);
        throw new HostRefusedException();
    }
}

/// <summary>A host has no address, or one that may not be connected to; which of the two is for the log only.</summary>
internal sealed class HostRefusedException() : Exception("The host has no address that may be connected to.");
