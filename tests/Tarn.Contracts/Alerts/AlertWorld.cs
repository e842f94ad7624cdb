using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn.Contracts;

/// <summary>A store, a clock that stands still, and the alerts on them.</summary>
public sealed class AlertWorld : IAsyncDisposable
{
    private static int _worlds;

    private readonly IdSource _ids;

    private AlertWorld(MetadataStore store, ManualTimeProvider time)
    {
        Time = time;
        _ids = IdSource.CreateSeeded(time, Interlocked.Increment(ref _worlds));
        Loggers = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(Log));
        Store = store;
    }

    public ManualTimeProvider Time { get; }

    public RecordedLog Log { get; } = new();

    public ILoggerFactory Loggers { get; }

    public MetadataStore Store { get; }

    public AlertDeliveryOptions Options { get; } = new();

    public AlertChannels Channels { get; private set; } = new([]);

    public AlertOutbox Outbox { get; private set; } = null!;

    public AlertDelivery Delivery { get; private set; } = null!;

    /// <summary>What is kept of alerts, newest first.</summary>
    public Task<IReadOnlyList<AlertEntry>> ListAsync(string? before = null, int limit = 50) => new AlertHistory(Outbox).ListAsync(before, limit);

    public Task<IReadOnlyList<AlertChannelStatus>> ChannelsAsync() => new AlertHistory(Outbox).ChannelsAsync();

    public Task<T> WriteAsync<T>(Func<System.Data.Common.DbConnection, System.Data.Common.DbTransaction, Task<T>> write) => Store.WriteAsync(write);

    public static async Task<AlertWorld> OpenAsync(MetadataStore store, ManualTimeProvider time, params AlertChannel[] channels)
    {
        var world = new AlertWorld(store, time);
        await world.UseAsync(new AlertChannels(channels, channels.Select(static c => c.Name)));
        return world;
    }

    /// <summary>Goes on with other channels, as after a restart.</summary>
    public async Task UseAsync(AlertChannels channels)
    {
        Channels = channels;
        Outbox = new AlertOutbox(Store, channels, Time, _ids);
        await Outbox.MigrateAsync();
        Delivery = NewDelivery();
    }

    /// <summary>The delivery of a further process on the same store.</summary>
    public AlertDelivery NewDelivery() => new(Outbox, Options, Time, _ids, Loggers);

    public Task<string> AddAsync(Alert alert, params string[] channels) => Store.WriteAsync((c, t) => Outbox.AddAsync(c, t, alert, channels));

    public Task<string> FailAsync(string subject, string? group = null, params string[] channels) => AddAsync(Failure(subject, group), channels);

    public Alert Failure(string subject, string? group = null) => new()
    {
        Kind = AlertKinds.Failure,
        Severity = AlertSeverity.Error,
        Subject = subject,
        GroupKey = group,
        OccurredAt = Time.GetUtcNow(),
        Fields = new Dictionary<string, string> { [AlertFields.Run] = "r1", [AlertFields.Task] = "merge", [AlertFields.Error] = "It broke." },
    };

    /// <summary>Delivers what is due now, and says when there may be more.</summary>
    public Task<TimeSpan?> DeliverAsync(string channel) => Delivery.QueueOf(channel).RunDueAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        Channels.Dispose();
        Loggers.Dispose();
    }
}
