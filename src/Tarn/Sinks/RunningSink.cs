using Microsoft.Extensions.Hosting;
using Tarn.Streams;

namespace Tarn;

/// <summary>A sink that the server runs all the time, as it was declared with <see cref="PartsBuilder.AddSink{T}"/>.</summary>
internal abstract class RunningSink : BackgroundService
{
    /// <summary>What it has come to.</summary>
    public abstract TopicWriterStatus Status { get; }
}

/// <inheritdoc/>
internal sealed class RunningSink<T>(TopicWriter<T> writer, HostInfo info, Notices notices) : RunningSink
{
    private string Key => $"sink.{Status.Sink}.{Status.Topic}";

    /// <inheritdoc/>
    public override TopicWriterStatus Status => writer.Status;

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!info.IsServer)
        {
            // A verb that opens the data directory for itself only looks, or runs what it was told.
            return Task.CompletedTask;
        }

        writer.Changed += Tell;
        return writer.RunAsync(stoppingToken);
    }

    private void Tell(TopicWriterStatus status)
    {
        if (status.Error is { } error)
        {
            notices.Set(Key, NoticeLevel.Error, $"{status.Sink} cannot take the records of {status.Topic}, and tries again: {error}");
        }
        else
        {
            notices.Clear(Key);
        }
    }
}

/// <summary>Starts and stops the sinks with the server.</summary>
internal sealed class RunningSinks(IEnumerable<RunningSink> sinks) : IHostedService
{
    private readonly IReadOnlyList<RunningSink> _sinks = [.. sinks];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var sink in _sinks)
        {
            await sink.StartAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.WhenAll(_sinks.Select(s => s.StopAsync(cancellationToken)));
}
