using System.Net;
using System.Net.Sockets;

namespace Tarn.Contracts;

/// <summary>A direction of a <see cref="TcpProxy"/>.</summary>
[Flags]
public enum ProxyDirection
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>What clients say.</summary>
    ToServer = 1,

    /// <summary>What the server says.</summary>
    ToClient = 2,

    /// <summary>Both.</summary>
    Both = ToServer | ToClient,
}

/// <summary>
/// Stands between clients and a TCP server on the loopback, and does what networks do: hands on; is silent, so that neither side notices
/// (<see cref="Stall"/>); breaks connections and takes no new ones (<see cref="Cut"/>); and works again (<see cref="Restore"/>).
/// </summary>
public sealed class TcpProxy : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly IPEndPoint _server;
    private readonly HashSet<Link> _links = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private TaskCompletionSource _changed = NewSource();
    private ProxyDirection _stalled;
    private ProxyDirection _held;
    private bool _cut;

    private TcpProxy(IPEndPoint server)
    {
        _server = server;
        _listener.Start();
        _accepting = Task.Run(AcceptAsync);
    }

    /// <summary>Where clients connect, on 127.0.0.1.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Starts a proxy to a port of 127.0.0.1.</summary>
    public static TcpProxy Start(int serverPort) => new(new IPEndPoint(IPAddress.Loopback, serverPort));

    /// <summary>Hands on nothing any more in the directions, the end of connections included; what comes is kept until <see cref="Restore"/>. New connections can be made, and are silent.</summary>
    public void Stall(ProxyDirection directions) => Change(() => _stalled = directions);

    /// <summary>Breaks all connections, drops what was held, and refuses new ones.</summary>
    public void Cut()
    {
        List<Link> links = [];
        Change(() =>
        {
            _cut = true;
            _held = ProxyDirection.None;
            links.AddRange(_links);
            _links.Clear();
        });
        links.ForEach(static l => l.Break());
    }

    /// <summary>Works again; what was held goes on its way.</summary>
    public void Restore() => Change(() => (_cut, _stalled, _held) = (false, ProxyDirection.None, ProxyDirection.None));

    /// <summary>Waits until something is held in a direction.</summary>
    public async Task WhenHeldAsync(ProxyDirection direction, CancellationToken cancellation)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_held.HasFlag(direction))
                {
                    return;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellation);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Cut();
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Change(Action change)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            change();
            changed = _changed;
            _changed = NewSource();
        }

        changed.SetResult();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                _ = ServeAsync(await _listener.AcceptSocketAsync(_stop.Token));
            }
            catch (Exception error) when (error is OperationCanceledException or SocketException)
            {
                return; // The proxy was disposed.
            }
        }
    }

    private async Task ServeAsync(Socket client)
    {
        var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        var link = new Link(client, server);
        lock (_gate)
        {
            if (!_cut)
            {
                _links.Add(link);
            }
        }

        try
        {
            lock (_gate)
            {
                if (!_links.Contains(link))
                {
                    return;
                }
            }

            await server.ConnectAsync(_server, _stop.Token);
            await Task.WhenAny(
                PumpAsync(link, client, server, ProxyDirection.ToServer),
                PumpAsync(link, server, client, ProxyDirection.ToClient));
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The server is down, or the link was cut: the client sees a broken connection either way.
        }
        finally
        {
            link.Break();
            lock (_gate)
            {
                _links.Remove(link);
            }
        }
    }

    private async Task PumpAsync(Link link, Socket from, Socket to, ProxyDirection direction)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                var count = await from.ReceiveAsync(buffer, link.Broken);
                await OpenAsync(direction, link.Broken);
                if (count == 0)
                {
                    return;
                }

                for (var sent = 0; sent < count;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), link.Broken);
                }
            }
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One side broke the connection; a silent network does not tell the other.
            if (!link.Broken.IsCancellationRequested)
            {
                await OpenAsync(direction, link.Broken).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
        }
    }

    /// <summary>Waits while the direction is stalled.</summary>
    private async Task OpenAsync(ProxyDirection direction, CancellationToken broken)
    {
        while (true)
        {
            Task? changed = null;
            TaskCompletionSource? tell = null;
            lock (_gate)
            {
                if (!_stalled.HasFlag(direction))
                {
                    return;
                }

                if (!_held.HasFlag(direction))
                {
                    _held |= direction;
                    tell = _changed;
                    _changed = NewSource();
                }

                changed = _changed.Task;
            }

            tell?.SetResult();
            await changed.WaitAsync(broken);
        }
    }

    private sealed class Link(Socket client, Socket server)
    {
        private readonly CancellationTokenSource _broken = new();

        public CancellationToken Broken => _broken.Token;

        public void Break()
        {
            _broken.Cancel();
            foreach (var socket in new[] { client, server })
            {
                try
                {
                    // A reset, not an orderly end.
                    socket.LingerState = new LingerOption(enable: true, 0);
                }
                catch (Exception error) when (error is SocketException or ObjectDisposedException)
                {
                    continue; // Closed before.
                }

                socket.Dispose();
            }
        }
    }
}
