using Xunit;

namespace Tarn.Tests;

public sealed class OptionTextTests
{
    [Theory]
    [InlineData("30s", 30)]
    [InlineData("1d12h", 129_600)]
    [InlineData("90m", 5_400)]
    [InlineData("250ms", 0.25)]
    [InlineData("1.5h", 5_400)]
    [InlineData("7.00:00:00", 604_800)]
    [InlineData("00:00:05", 5)]
    public void Durations_are_read(string text, double seconds)
    {
        Assert.True(Durations.TryParse(text, out var duration));
        Assert.Equal(seconds, duration.TotalSeconds, 6);
    }

    [Theory]
    [InlineData("")]
    [InlineData("7")]
    [InlineData("d")]
    [InlineData("7 days")]
    [InlineData("1.2.3s")]
    [InlineData("99999999999999999d")]
    public void What_is_no_duration_is_refused(string text) => Assert.False(Durations.TryParse(text, out _));

    [Theory]
    [InlineData("2026-11-22", "2026-11-22T00:00:00.000Z")]
    [InlineData("2026-11-22T08:30", "2026-11-22T08:30:00.000Z")]
    [InlineData("2026-11-22T08:30:00Z", "2026-11-22T08:30:00.000Z")]
    [InlineData("2026-11-22T09:30:00+01:00", "2026-11-22T08:30:00.000Z")]
    [InlineData("2026-11-22 08:30:00.123456", "2026-11-22T08:30:00.123456Z")]
    [InlineData("2026-11-22T08:30:00.1Z", "2026-11-22T08:30:00.100Z")]
    public void Instants_are_read_as_utc_unless_they_say_otherwise(string text, string shown)
    {
        Assert.True(Instants.TryParse(text, out var time));
        Assert.Equal(TimeSpan.Zero, time.Offset);
        Assert.Equal(shown, Instants.Show(time));
    }

    [Theory]
    [InlineData("yesterday")]
    [InlineData("2026-13-01")]
    [InlineData("22.11.2026")]
    [InlineData("1700000000")]
    public void What_is_no_instant_is_refused(string text) => Assert.False(Instants.TryParse(text, out _));

    [Theory]
    [InlineData("Quakes:Postgres", "Host=db;Password=hunter2;Database=q", "Host=db;Password=••••••;Database=q")]
    [InlineData("Api:Token", "abc", "••••••")]
    [InlineData("Quakes:FeedUrl", "http://user:pass@host/x", "http://user:••••••@host/x")]
    [InlineData("Quakes:FeedUrl", "http://host/x", "http://host/x")]
    [InlineData("Metadata:Store", "postgres://user:p/a@s:s@host:5432/x", "postgres://user:••••••@host:5432/x")]
    public void Secrets_are_not_shown(string key, string value, string shown) => Assert.Equal(shown, Secrets.Mask(key, value));

    [Theory]
    [InlineData(999, "999 B")]
    [InlineData(1_500, "1.5 kB")]
    [InlineData(12_345_678, "12.3 MB")]
    public void Sizes_are_shown_in_decimal_units(long bytes, string shown) => Assert.Equal(shown, Sizes.Show(bytes));
}
