using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Tests;

public sealed class KeyMeterTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();
    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 11, 22, 23, 59, 50, TimeSpan.Zero));
    private readonly SecurityJournal _journal = new();

    public void Dispose()
    {
        _journal.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_burst_goes_through_and_then_the_rate_holds()
    {
        await using var store = Open();
        var meter = new KeyMeter("k", _time, new KeyUsage(store, _journal));
        var key = Key() with { RatePerSecond = 2, Burst = 3 };
        for (var i = 0; i < 3; i++)
        {
            Assert.Null(meter.Take(key, _time.GetUtcNow(), out _));
        }

        Assert.Equal(KeyLimit.Rate, meter.Take(key, _time.GetUtcNow(), out var wait));
        Assert.Equal(TimeSpan.FromMilliseconds(500), wait);
        _time.Advance(TimeSpan.FromMilliseconds(499));
        Assert.Equal(KeyLimit.Rate, meter.Take(key, _time.GetUtcNow(), out _));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(meter.Take(key, _time.GetUtcNow(), out _));
        Assert.Equal(KeyLimit.Rate, meter.Take(key, _time.GetUtcNow(), out _));

        // A long rest fills the bucket, and no more than that.
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(3, Enumerable.Range(0, 10).Count(_ => meter.Take(key, _time.GetUtcNow(), out var _) is null));
    }

    [Fact]
    public async Task Of_many_threads_no_more_than_the_burst_get_through()
    {
        await using var store = Open();
        var meter = new KeyMeter("k", _time, new KeyUsage(store, _journal));
        var key = Key() with { RatePerSecond = 1, Burst = 50 };
        var taken = 0;
        Parallel.For(0, 400, _ =>
        {
            if (meter.Take(key, _time.GetUtcNow(), out var _) is null)
            {
                Interlocked.Increment(ref taken);
            }
        });
        Assert.Equal(50, taken);
    }

    [Fact]
    public async Task A_quota_ends_at_midnight_in_UTC_and_what_was_refused_does_not_count()
    {
        await using var store = Open();
        var meter = new KeyMeter("k", _time, new KeyUsage(store, _journal));
        var key = Key() with { RequestsPerDay = 2 };
        Assert.Null(meter.Take(key, _time.GetUtcNow(), out _));
        Assert.Null(meter.Take(key, _time.GetUtcNow(), out _));
        Assert.Equal(KeyLimit.Quota, meter.Take(key, _time.GetUtcNow(), out var wait));
        Assert.Equal(TimeSpan.FromSeconds(10), wait);
        Assert.Null(meter.Take(key with { RequestsPerDay = 3 }, _time.GetUtcNow(), out _));
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Null(meter.Take(key, _time.GetUtcNow(), out _));
    }

    [Fact]
    public async Task Processes_that_share_a_store_share_a_quota_and_a_restart_does_not_begin_it_anew()
    {
        await using var store = Open();
        await store.MigrateAsync(SecurityTables.Component, SecurityTables.Scripts, TestContext.Current.CancellationToken);
        var (one, two) = (new KeyUsage(store, _journal), new KeyUsage(store, _journal));
        var (first, second) = (new KeyMeter("k", _time, one), new KeyMeter("k", _time, two));
        var key = Key() with { RequestsPerDay = 5 };
        for (var i = 0; i < 3; i++)
        {
            Assert.Null(first.Take(key, _time.GetUtcNow(), out _));
        }

        Assert.Null(second.Take(key, _time.GetUtcNow(), out _));
        await one.FlushAsync(TestContext.Current.CancellationToken);
        await two.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Null(second.Take(key, _time.GetUtcNow(), out _));
        Assert.Equal(KeyLimit.Quota, second.Take(key, _time.GetUtcNow(), out _));
    }

    [Fact]
    public async Task A_request_that_is_counted_makes_no_garbage()
    {
        await using var store = Open();
        var meter = new KeyMeter("k", TimeProvider.System, new KeyUsage(store, _journal));
        var key = Key() with { RatePerSecond = 1_000_000, Burst = 1_000_000, RequestsPerDay = 1_000_000 };
        meter.Take(key, TimeProvider.System.GetUtcNow(), out _);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var now = TimeProvider.System.GetUtcNow();
        for (var i = 0; i < 1000; i++)
        {
            meter.Take(key, now, out _);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200);
    }

    private MetadataStore Open() => MetadataStore.Open(_folder.Combine("meta.db"), _time, NullLoggerFactory.Instance);

    private ApiKey Key() => new() { Id = "k", Name = "k", Role = AccessRole.Operator, CreatedAt = _time.GetUtcNow(), CreatedBy = "" };
}
