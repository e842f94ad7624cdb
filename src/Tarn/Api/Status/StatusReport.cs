using System.Text.Json;
using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn;

/// <summary>Asks the systems how they are doing, and puts the status together.</summary>
internal sealed partial class StatusReport(HostInfo host, Notices notices, IServiceProvider services, TimeProvider time, ILogger<StatusReport> logger)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public async Task<StatusView> ReadAsync(CancellationToken cancellation)
    {
        var systems = await Task.WhenAll(host.Systems.Select(s => AskAsync(s, cancellation))).ConfigureAwait(false);
        return new StatusView(
            host.Version,
            host.StartedAt,
            time.GetUtcNow(),
            host.DataDirectory,
            host.Urls,
            host.GrpcUrls,
            systems,
            [.. notices.Current.Select(static n => new NoticeView(Name(n.Level), n.Text, n.Since))]);
    }

    private async Task<SystemView> AskAsync(SystemPlan system, CancellationToken cancellation)
    {
        SystemStatus status;
        try
        {
            status = await system.Status(services, cancellation).WaitAsync(Patience, time, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            status = new SystemStatus(SystemState.Degraded, "It does not say how it is doing.");
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogNoStatus(exception, system.Name);
            status = new SystemStatus(SystemState.Down, exception is TarnException ? exception.Message : $"Asking how it is doing failed: {exception.Message}");
        }

        var details = status.Details.ToDictionary(static d => d.Key, static d => ToJson(d.Value), StringComparer.Ordinal);
        return new SystemView(system.Name, system.Title, system.Description, Name(status.State), status.Summary, system.Page, details);
    }

    private static string Name<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static JsonElement ToJson(object? value) => value switch
    {
        JsonElement element => element,
        DateTimeOffset instant => JsonSerializer.SerializeToElement(Instants.Show(instant), ApiJson.Default.String),
        _ => JsonSerializer.SerializeToElement(value, JsonSerializerOptions.Web),
    };

    [LoggerMessage(EventId = 7002, Level = LogLevel.Warning, Message = "The system {System} could not say how it is doing.")]
    private partial void LogNoStatus(Exception exception, string system);
}
