using Tarn.Core;
using Xunit;

namespace Tarn.Serving.Tests;

public sealed class VersionPolicyTests
{
    [Theory]
    [InlineData("all", "1 2 3 9")]
    [InlineData("latest", "9")]
    [InlineData("latest:2", "3 9")]
    [InlineData("latest:100", "1 2 3 9")]
    [InlineData("aliased", "2 3")]
    [InlineData("3,1", "1 3")]
    [InlineData("3, 4", "3")]
    [InlineData("4", "")]
    public void A_policy_chooses_of_the_versions_that_there_are(string policy, string expected) =>
        Assert.Equal(expected, string.Join(' ', VersionPolicy.Parse(policy).Choose([9L, 2, 3, 1], [3L, 2, 3, 77])));

    [Fact]
    public void Where_no_version_has_an_alias_the_latest_is_chosen()
    {
        Assert.Equal([9L], VersionPolicy.Aliased.Choose([1L, 9], []));
        Assert.Empty(VersionPolicy.All.Choose([], []));
    }

    [Theory]
    [InlineData("all")]
    [InlineData("latest")]
    [InlineData("latest:3")]
    [InlineData("aliased")]
    [InlineData("3,7")]
    public void A_policy_is_written_as_it_is_read(string text) => Assert.Equal(text, VersionPolicy.Parse($" {text} ").ToString());

    [Theory]
    [InlineData("")]
    [InlineData("ALL")]
    [InlineData("latest:")]
    [InlineData("latest:0")]
    [InlineData("latest:-1")]
    [InlineData("-1")]
    [InlineData("1,,2")]
    [InlineData("99999999999999999999")]
    public void Another_text_is_no_policy(string text)
    {
        var error = Assert.Throws<TarnException>(() => VersionPolicy.Parse(text));
        Assert.Contains("latest:N", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_policy_keeps_a_version_at_least()
    {
        Assert.Throws<TarnException>(() => VersionPolicy.Latest(0));
        Assert.Throws<TarnException>(() => VersionPolicy.Of());
    }
}
