using System.Text.Json;
using Microsoft.Extensions.Logging;
using Quakes.Feeds.Simulation;
using Quakes.Usgs;
using Tarn.Core;

namespace Quakes.Feeds;

/// <summary>The feed of a running program: a client of the live service, or of a server of our own that is started when it is first needed.</summary>
internal sealed class QuakesFeed : IAsyncDisposable
{
    private const string Component = "quakes";

    private readonly QuakesOptions _options;
    private readonly MetadataStore _metadata;
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _loggers;
    private readonly SemaphoreSlim _gate = new(1);
    private UsgsClient? _client;
    private FeedServer? _server;
    private FeedSource? _source;

    public QuakesFeed(QuakesOptions options, MetadataStore metadata, TimeProvider time, ILoggerFactory loggers)
    {
        (_options, _metadata, _time, _loggers) = (options, metadata, time, loggers);
        Choice = FeedChoice.Parse(options.Feed);
    }

    public FeedChoice Choice { get; }

    /// <summary>The address that is asked, for people.</summary>
    public string Url => Choice.Kind switch
    {
        FeedKind.Live => _options.FeedUrl ?? UsgsOptions.LiveUrl,
        FeedKind.Replay => Choice.File!,
        _ => _server?.Url ?? "simulated",
    };

    /// <summary>The feed's own clock; ours for a live one.</summary>
    public DateTimeOffset Now => _source?.Now ?? _time.GetUtcNow();

    /// <summary>Marks the data directory as this feed's, or refuses another feed's.</summary>
    /// <exception cref="TarnException">The data directory has the data of another feed.</exception>
    public async Task MarkAsync(CancellationToken cancellation)
    {
        var mark = Choice.Mark(_options.Seed);
        var found = await _metadata.FindValueAsync(Component, "feed", cancellation);
        if (found is null)
        {
            await _metadata.SetValueAsync(Component, "feed", mark, cancellation);
        }
        else if (found != mark)
        {
            throw TarnException.Conflict(
                $"The data of different feeds never mix: this data directory holds that of the feed \"{found}\".",
                mark,
                $"Give another --data DIR for the feed \"{mark}\", or start without --feed.");
        }
    }

    public async Task<UsgsClient> ClientAsync(CancellationToken cancellation)
    {
        if (_client is { } ready)
        {
            return ready;
        }

        await _gate.WaitAsync(cancellation);
        try
        {
            if (_client is null)
            {
                var url = _options.FeedUrl ?? UsgsOptions.LiveUrl;
                if (Choice.Kind != FeedKind.Live)
                {
                    _source = await OpenSourceAsync(cancellation);
                    _server = await FeedServer.StartAsync(_source, _time, cancellation);
                    url = _server.Url;
                }

                _client = new UsgsClient(_options.ToClient(url), _time, _loggers.CreateLogger<UsgsClient>());
            }

            return _client;
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        (_source as IDisposable)?.Dispose();
        _gate.Dispose();
    }

    private async Task<FeedSource> OpenSourceAsync(CancellationToken cancellation)
    {
        if (Choice.Kind == FeedKind.Simulated)
        {
            return new SimulatedFeed(_options.ToSimulation(), await ClockAsync(_time.GetUtcNow(), cancellation));
        }

        var start = RecordedFeed.StartOf(Choice.File!);
        return RecordedFeed.Open(Choice.File!, await ClockAsync(start, cancellation));
    }

    /// <summary>The feed's clock goes on over restarts: a feed that went back in time would show what was long superseded.</summary>
    private async Task<FeedClock> ClockAsync(DateTimeOffset start, CancellationToken cancellation)
    {
        var stored = await _metadata.FindValueAsync(Component, "clock", cancellation);
        var anchor = stored is null ? null : JsonSerializer.Deserialize<ClockAnchor>(stored);
        var clock = anchor is null
            ? FeedClock.StartingAt(_time, start, _options.SpeedUp)
            : new FeedClock(_time, anchor.Ours, anchor.Feed, anchor.SpeedUp);
        if (anchor?.SpeedUp != _options.SpeedUp)
        {
            clock = clock.At(_options.SpeedUp);
            var value = new ClockAnchor(clock.OurAnchor, clock.FeedAnchor, clock.SpeedUp);
            await _metadata.SetValueAsync(Component, "clock", JsonSerializer.Serialize(value), cancellation);
        }

        return clock;
    }

    private sealed record ClockAnchor(DateTimeOffset Ours, DateTimeOffset Feed, double SpeedUp);
}
