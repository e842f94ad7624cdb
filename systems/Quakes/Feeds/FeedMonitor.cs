using Tarn;

namespace Quakes.Feeds;

/// <summary>How the feed has been doing since the program started, for the page, the status and the notices.</summary>
internal sealed class FeedMonitor(TimeProvider time, Notices notices)
{
    private const string NoticeKey = "quakes.failing";

    private readonly Lock _gate = new();
    private FeedHealth _health = new(null, null, null, null);

    public FeedHealth Health
    {
        get
        {
            lock (_gate)
            {
                return _health;
            }
        }
    }

    public async Task<T> WatchAsync<T>(Func<Task<T>> poll, Func<T, DateTimeOffset?> generated)
    {
        try
        {
            var result = await poll();
            var now = time.GetUtcNow();
            Set(h => new FeedHealth(now, now, null, generated(result) ?? h.Generated));
            notices.Clear(NoticeKey);
            return result;
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            var now = time.GetUtcNow();
            Set(h => h with { LastPollAt = now, LastError = error.Message });
            notices.Set(NoticeKey, NoticeLevel.Warning, "The earthquake feed cannot be read at the moment. What is shown is what was known before; once the feed answers again, everything missed is caught up.");
            throw;
        }
    }

    private void Set(Func<FeedHealth, FeedHealth> change)
    {
        lock (_gate)
        {
            _health = change(_health);
        }
    }
}

/// <summary>What is known of the feed; null where it was not asked yet.</summary>
internal sealed record FeedHealth(DateTimeOffset? LastPollAt, DateTimeOffset? LastSuccessAt, string? LastError, DateTimeOffset? Generated)
{
    public string State => LastError is not null ? "failing" : LastSuccessAt is null ? "unknown" : "ok";
}
