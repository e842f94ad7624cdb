using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Postgres;
using Tarn.Postgres.Tests;
using Xunit;

namespace Tarn.Tests;

public sealed class ApiKeyTests(PostgresCluster cluster) : IClassFixture<PostgresCluster>, IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_key_is_found_by_its_id_and_only_by_its_own_secret()
    {
        await using var world = await KeyWorld.OpenAsync(_folder);
        var (key, text) = await world.CreateAsync("alice");
        var (other, _) = await world.CreateAsync("bob");
        Assert.Matches("^tarn_[a-z2-9]{10}_[A-Za-z0-9_-]{43}$", text);
        Assert.Equal(key.Id, await world.FindAsync(text));
        Assert.Equal(key.Id, await world.FindAsync(text));
        foreach (var wrong in new[] { text[..^1], $"{text}x", $"{text[..^1]}{(text[^1] == 'A' ? 'B' : 'A')}", text.Replace(key.Id, other.Id, StringComparison.Ordinal), "tarn_local_x", "tarn__x", "tarn_", "tarn_abc_", new string('x', 5000) })
        {
            Assert.NotEqual(key.Id, await world.FindAsync(wrong));
            Assert.NotEqual("local", await world.FindAsync(wrong));
        }
    }

    [Fact]
    public async Task The_store_has_no_secret()
    {
        await using var world = await KeyWorld.OpenAsync(_folder);
        var (key, text) = await world.CreateAsync("alice");
        var (cookie, _) = await world.Sessions.BeginAsync(Entry(world, text).Key!, "127.0.0.1", KeyWorld.Cancellation);
        var stored = await world.DumpAsync();
        Assert.Contains(key.Id, stored, StringComparison.Ordinal);
        Assert.DoesNotContain(text.Split('_', 3)[2], stored, StringComparison.Ordinal);
        Assert.DoesNotContain(cookie, stored, StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_a_rotation_both_secrets_go_on_until_the_time_of_grace_ends()
    {
        await using var world = await KeyWorld.OpenAsync(_folder);
        var (key, first) = await world.CreateAsync("alice");
        Assert.Equal(key.Id, await world.FindAsync(first));
        var (rotated, second) = await world.Keys.RotateAsync(key.Id, TimeSpan.FromHours(2), KeyWorld.Cancellation);
        Assert.Equal(key.Id, rotated.Id);
        Assert.Equal([key.Id, key.Id], [await world.FindAsync(first), await world.FindAsync(second)]);
        world.Time.Advance(TimeSpan.FromHours(2) - TimeSpan.FromSeconds(1));
        Assert.Equal(key.Id, await world.FindAsync(first));
        world.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Contains("no such key", await world.FindAsync(first), StringComparison.Ordinal);
        Assert.Equal(key.Id, await world.FindAsync(second));
    }

    [Fact]
    public async Task A_second_rotation_ends_the_secret_before_the_last()
    {
        await using var world = await KeyWorld.OpenAsync(_folder);
        var (key, first) = await world.CreateAsync("alice");
        var (_, second) = await world.Keys.RotateAsync(key.Id, TimeSpan.FromHours(2), KeyWorld.Cancellation);
        var (_, third) = await world.Keys.RotateAsync(key.Id, TimeSpan.FromHours(2), KeyWorld.Cancellation);
        Assert.NotEqual(key.Id, await world.FindAsync(first));
        Assert.Equal([key.Id, key.Id], [await world.FindAsync(second), await world.FindAsync(third)]);
        var (_, fourth) = await world.Keys.RotateAsync(key.Id, TimeSpan.Zero, KeyWorld.Cancellation);
        Assert.NotEqual(key.Id, await world.FindAsync(third));
        Assert.Equal(key.Id, await world.FindAsync(fourth));
    }

    [Fact]
    public async Task A_key_that_was_revoked_is_refused_and_so_are_its_sessions()
    {
        await using var world = await KeyWorld.OpenAsync(_folder);
        var (key, text) = await world.CreateAsync("alice");
        var (cookie, _) = await world.Sessions.BeginAsync(Entry(world, text).Key!, "", KeyWorld.Cancellation);
        Assert.Equal(CallerKind.Session, (await SessionAsync(world, cookie)).Caller!.Kind);
        var revoked = await world.Keys.RevokeAsync(key.Id, KeyWorld.Cancellation);
        Assert.NotNull(revoked.RevokedAt);
        Assert.NotEqual(key.Id, await world.FindAsync(text));
        Assert.Null((await SessionAsync(world, cookie)).Caller);
        Assert.Empty(await world.Keys.ListAsync(false, KeyWorld.Cancellation));
        Assert.Equal(revoked, Assert.Single(await world.Keys.ListAsync(true, KeyWorld.Cancellation)) with { Endpoints = revoked.Endpoints, Verbs = revoked.Verbs });
        Assert.Equal(revoked.RevokedAt, (await world.Keys.RevokeAsync(key.Id, KeyWorld.Cancellation)).RevokedAt);
        await Assert.ThrowsAsync<TarnException>(() => world.Keys.RotateAsync(key.Id, TimeSpan.Zero, KeyWorld.Cancellation));

        // Its name is free again.
        await world.CreateAsync("alice");
    }

    [Fact]
    public async Task A_key_ends_when_it_expires_and_its_session_not_later()
    {
        await using var world = await KeyWorld.OpenAsync(_folder);
        var (_, text) = await world.Keys.CreateAsync(KeyWorld.New("short") with { ExpiresAt = world.Time.GetUtcNow().AddHours(1) }, KeyWorld.Cancellation);
        var (cookie, end) = await world.Sessions.BeginAsync(Entry(world, text).Key!, "", KeyWorld.Cancellation);
        Assert.Equal(world.Time.GetUtcNow().AddHours(1), end);
        world.Time.Advance(TimeSpan.FromHours(1));
        Assert.Contains("expired at 2026-11-22T09:00:00", await world.FindAsync(text), StringComparison.Ordinal);
        Assert.Null((await SessionAsync(world, cookie)).Caller);
    }

    [Fact]
    public async Task A_session_lasts_twelve_hours_or_until_it_is_ended()
    {
        await using var world = await KeyWorld.OpenAsync(_folder);
        var (_, text) = await world.CreateAsync("alice");
        var (first, _) = await world.Sessions.BeginAsync(Entry(world, text).Key!, "", KeyWorld.Cancellation);
        var (second, _) = await world.Sessions.BeginAsync(Entry(world, text).Key!, "", KeyWorld.Cancellation);
        await world.Sessions.EndAsync(first, KeyWorld.Cancellation);
        Assert.Null((await SessionAsync(world, first)).Caller);
        world.Time.Advance(TimeSpan.FromHours(12) - TimeSpan.FromSeconds(1));
        Assert.NotNull((await SessionAsync(world, second)).Caller);
        world.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null((await SessionAsync(world, second)).Caller);
    }

    [Theory]
    [InlineData("name", "no spaces")]
    [InlineData("name", "")]
    [InlineData("endpoint", "a/b")]
    [InlineData("verb", "predict")]
    [InlineData("rate", "0")]
    [InlineData("burst", "0")]
    [InlineData("quota", "0")]
    [InlineData("expires", "past")]
    public async Task What_breaks_a_rule_makes_no_key(string what, string value)
    {
        await using var world = await KeyWorld.OpenAsync(_folder);
        var key = KeyWorld.New("alice", AccessRole.Viewer);
        key = what switch
        {
            "name" => key with { Name = value },
            "endpoint" => key with { Endpoints = [value] },
            "verb" => key with { Verbs = [RequestKind.Predict] },
            "rate" => key with { RatePerSecond = 0 },
            "burst" => key with { Burst = 0 },
            "quota" => key with { RequestsPerDay = 0 },
            _ => key with { ExpiresAt = world.Time.GetUtcNow() },
        };
        Assert.Equal(ErrorKind.InvalidInput, (await Assert.ThrowsAsync<TarnException>(() => world.Keys.CreateAsync(key, KeyWorld.Cancellation))).Kind);
        Assert.Empty(await world.Keys.ListAsync(true, KeyWorld.Cancellation));
    }

    [Fact]
    public async Task A_name_is_taken_once()
    {
        await using var world = await KeyWorld.OpenAsync(_folder);
        await world.CreateAsync("alice");
        Assert.Equal(ErrorKind.Conflict, (await Assert.ThrowsAsync<TarnException>(() => world.CreateAsync("alice"))).Kind);
        Assert.Equal(ErrorKind.NotFound, (await Assert.ThrowsAsync<TarnException>(() => world.Keys.RevokeAsync("nobody", KeyWorld.Cancellation))).Kind);
    }

    [Fact]
    public async Task What_one_process_changes_counts_in_the_other_and_limits_are_shared_in_PostgreSQL()
    {
        var connection = await cluster.RequireAsync();
        var time = new ManualTimeProvider(new DateTimeOffset(2026, 11, 22, 8, 0, 0, TimeSpan.Zero));
        var options = PostgresTestOptions.Patient with { Schema = "keys" };
        await using var storeOne = await PostgresMetadataStore.OpenAsync(connection, options, time, IdSource.Create(TimeProvider.System), NullLoggerFactory.Instance, KeyWorld.Cancellation);
        await using var storeTwo = await PostgresMetadataStore.OpenAsync(connection, options, time, IdSource.Create(TimeProvider.System), NullLoggerFactory.Instance, KeyWorld.Cancellation);
        await using var one = await KeyWorld.OpenAsync(storeOne, time);
        await using var two = await KeyWorld.OpenAsync(storeTwo, time);
        var (key, text) = await one.Keys.CreateAsync(KeyWorld.New("alice") with { RequestsPerDay = 2, RatePerSecond = 1.5 }, KeyWorld.Cancellation);
        while (await two.FindAsync(text) != key.Id)
        {
            await two.Callers.WaitForChangeAsync(KeyWorld.Cancellation);
            await two.Callers.ReloadAsync(KeyWorld.Cancellation);
        }

        Assert.Null(Entry(one, text).Key!.Meter!.Take(key with { RatePerSecond = null }, time.GetUtcNow(), out _));
        Assert.Null(Entry(one, text).Key!.Meter!.Take(key with { RatePerSecond = null }, time.GetUtcNow(), out _));
        await one.Usage.FlushAsync(KeyWorld.Cancellation);
        await two.Callers.ReloadAsync(KeyWorld.Cancellation);
        Assert.Equal(KeyLimit.Quota, Entry(two, text).Key!.Meter!.Take(key with { RatePerSecond = null }, time.GetUtcNow(), out _));
        Assert.Equal((2, 1.5), (Assert.Single(await two.Keys.ListAsync(false, KeyWorld.Cancellation)).RequestsToday, (await two.Keys.ListAsync(false, KeyWorld.Cancellation))[0].RatePerSecond));

        var (cookie, _) = await two.Sessions.BeginAsync(Entry(two, text).Key!, "::1", KeyWorld.Cancellation);
        await one.Keys.RevokeAsync(key.Id, KeyWorld.Cancellation);
        while (await two.FindAsync(text) == key.Id)
        {
            await two.Callers.WaitForChangeAsync(KeyWorld.Cancellation);
            await two.Callers.ReloadAsync(KeyWorld.Cancellation);
        }

        Assert.Null((await SessionAsync(two, cookie)).Caller);
    }

    private static Caller Entry(KeyWorld world, string text) => world.Callers.FindAsync(Presented.OfText(text, 0), world.Time.GetUtcNow()).Result.Caller!;

    private static async Task<(Caller? Caller, string? Reason)> SessionAsync(KeyWorld world, string cookie)
    {
        var http = new DefaultHttpContext();
        http.Request.Headers.Cookie = $"a=b; {Presented.Cookie}={cookie}; c=d";
        return await world.Callers.FindAsync(Presented.Of(http.Request), world.Time.GetUtcNow());
    }
}
