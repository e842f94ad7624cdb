using System.Globalization;
using System.Text.Json;
using Tarn.Core;

namespace Tarn;

/// <summary>Says who listens on a port that was wanted.</summary>
internal static class PortOwner
{
    public static async Task<TarnException> TakenAsync(IReadOnlyList<ListenAddress> addresses, Exception inner, CancellationToken cancellation)
    {
        foreach (var address in addresses.Where(static a => a.Port != 0))
        {
            if (await AskAsync(address, cancellation).ConfigureAwait(false) is { } owner)
            {
                return new TarnException(
                    ErrorKind.Unavailable,
                    string.Create(CultureInfo.InvariantCulture, $"Port {address.Port} is taken by another Tarn: process {owner.Pid}, on the data directory {owner.DataDirectory}."),
                    address.ToString(),
                    string.Create(CultureInfo.InvariantCulture, $"Use that one, stop it (kill {owner.Pid}), or choose another port with --urls http://127.0.0.1:{address.Port + 1}."),
                    inner);
            }
        }

        var port = addresses[0].Port;
        return new TarnException(
            ErrorKind.Unavailable,
            string.Create(CultureInfo.InvariantCulture, $"Port {port} is taken by another program."),
            string.Join(", ", addresses),
            string.Create(CultureInfo.InvariantCulture, $"Stop that program, or choose another port with --urls http://127.0.0.1:{port + 1}."),
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
