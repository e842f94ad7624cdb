using System.Globalization;
using System.Text.Json;
using Tarn.Core;

namespace Tarn;

/// <summary>Says who listens on a port that was wanted.</summary>
internal static class PortOwner
{
    /// <summary>The error of a start whose port is taken.</summary>
    /// <param name="http">Where HTTP was to be listened on.</param>
    /// <param name="grpc">Where gRPC was.</param>
    /// <param name="inner">The server's error, which names the address.</param>
    /// <param name="cancellation">Stops asking who has the port.</param>
    public static async Task<TarnException> TakenAsync(IReadOnlyList<ListenAddress> http, IReadOnlyList<ListenAddress> grpc, Exception inner, CancellationToken cancellation)
    {
        foreach (var address in grpc)
        {
            if (inner.Message.Contains($"//{address}:", StringComparison.Ordinal))
            {
                return await TakenForGrpcAsync(address, inner, cancellation).ConfigureAwait(false);
            }
        }

        return await TakenAsync(http, inner, cancellation).ConfigureAwait(false);
    }

    private static async Task<TarnException> TakenForGrpcAsync(ListenAddress address, Exception inner, CancellationToken cancellation)
    {
        var owner = await AskAsync(address, cancellation).ConfigureAwait(false);
        return new TarnException(
            ErrorKind.Unavailable,
            string.Create(CultureInfo.InvariantCulture, $"Port {address.Port}, where gRPC is to be answered, is taken by {(owner is null ? "another program" : $"another Tarn: process {owner.Pid}, on the data directory {owner.DataDirectory}")}."),
            address.ToString(),
            string.Create(CultureInfo.InvariantCulture, $"Stop that program, choose another port with --set Serving:GrpcUrls=http://127.0.0.1:{Other(address.Port)}, or answer no gRPC with --set Serving:GrpcUrls=none."),
            inner);
    }

    // The next port is that of gRPC.
    private static int Other(int port) => port <= 65000 ? port + 10 : port - 10;

    private static async Task<TarnException> TakenAsync(IReadOnlyList<ListenAddress> addresses, Exception inner, CancellationToken cancellation)
    {
        foreach (var address in addresses.Where(static a => a.Port != 0))
        {
            if (await AskAsync(address, cancellation).ConfigureAwait(false) is { } owner)
            {
                return new TarnException(
                    ErrorKind.Unavailable,
                    string.Create(CultureInfo.InvariantCulture, $"Port {address.Port} is taken by another Tarn: process {owner.Pid}, on the data directory {owner.DataDirectory}."),
                    address.ToString(),
                    string.Create(CultureInfo.InvariantCulture, $"Use that one, stop it (kill {owner.Pid}), or choose another port with --urls http://127.0.0.1:{Other(address.Port)}."),
                    inner);
            }
        }

        var port = addresses[0].Port;
        return new TarnException(
            ErrorKind.Unavailable,
            string.Create(CultureInfo.InvariantCulture, $"Port {port} is taken by another program."),
            string.Join(", ", addresses),
            string.Create(CultureInfo.InvariantCulture, $"Stop that program, or choose another port with --urls http://127.0.0.1:{Other(port)}."),
            inner);
    }

    private static async Task<HealthView?> AskAsync(ListenAddress address, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(2));
        using var client = new ApiClient(address.Url);
        try
        {
            var answer = await client.GetBytesAsync("/health/live", patience.Token).ConfigureAwait(false);
            return JsonSerializer.Deserialize(answer, ApiJson.Default.HealthView) is { Pid: > 0 } health ? health : null;
        }
        catch (Exception exception) when (exception is TarnException or JsonException or OperationCanceledException or IOException)
        {
            // Not Tarn, or not one that answers: then there is nothing more to say of it.
            return null;
        }
    }
}
