using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Core;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>What may be configured and stored of remote clusters.</summary>
public sealed class RemoteOptionsTests
{
    [Fact]
    public void Options_out_of_their_range_are_told_all_at_once_and_no_password_is_repeated()
    {
        var options = new RemoteOptions { Urls = ["http://ada:hunter2@a:8080", "ftp://b", "http://c?x=1"], ApiKey = "a b", Attempts = 0, SlowFactor = 1, Timeout = TimeSpan.Zero };

        var error = Assert.Throws<TarnException>(options.Validate);

        Assert.DoesNotContain("hunter2", error.Message, StringComparison.Ordinal);
        Assert.All(new[] { "Urls", "ApiKey", "Attempts = 0", "SlowFactor = 1", "Timeout" }, n => Assert.Contains(n, error.Message, StringComparison.Ordinal));
        Assert.Contains("Urls = 0", Assert.Throws<TarnException>(new RemoteOptions().Validate).Message, StringComparison.Ordinal);
        new RemoteOptions { Urls = ["https://a/base", "http://[::1]:8080"] }.Validate();
    }

    [Fact]
    public void A_key_is_not_shown()
    {
        Assert.DoesNotContain("secret", new RemoteOptions { Urls = ["http://a"], ApiKey = "secret" }.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_cluster_has_a_name_as_endpoints_have()
    {
        var clusters = new Dictionary<string, RemoteOptions> { ["Not so"] = new() { Urls = ["http://a"] } };

        Assert.Contains("Not so", Assert.Throws<TarnException>(() => new RemoteModels(clusters, TimeProvider.System, NullLoggerFactory.Instance)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_route_with_a_remote_variant_is_stored_and_one_from_before_is_read()
    {
        var route = new Route([new Variant("here", VariantTarget.OfVersion(3), 1), new Variant("there", VariantTarget.OfRemote("gpu"), 2)], null, null, "s");

        var stored = RouteData.Write(route);

        Assert.Equal(route, RouteData.Read(stored));
        Assert.Contains("""{"remote":"gpu"}""", stored, StringComparison.Ordinal);
        Assert.Equal(
            new Route([new Variant("a", VariantTarget.OfVersion(3), 1), new Variant("b", VariantTarget.OfAlias("champion"), 2)], null, null, "s"),
            RouteData.Read("""{"variants":[{"name":"a","target":{"version":3},"weight":1},{"name":"b","target":{"alias":"champion"},"weight":2}],"shadows":[],"salt":"s"}"""));
    }

    [Fact]
    public void A_target_is_one_thing_and_a_remote_one_is_a_variants()
    {
        Variant[] variants = [new("a", VariantTarget.OfVersion(1), 1)];

        Assert.Contains("target of s = remote gpu", Assert.Throws<TarnException>(() => new Route(variants, [new Shadow("s", VariantTarget.OfRemote("gpu"), 1)])).Message, StringComparison.Ordinal);
        Assert.Throws<TarnException>(() => new Route([new Variant("a", new VariantTarget { Remote = "gpu", Version = 1 }, 1)]));
        Assert.Throws<TarnException>(() => new Route([new Variant("a", new VariantTarget { Remote = "gpu", Alias = "b" }, 1)]));
        Assert.Throws<TarnException>(() => new Route([new Variant("a", VariantTarget.OfRemote("GPU/.."), 1)]));
        Assert.Throws<TarnException>(() => new Route([new Variant("a", new VariantTarget(), 1)]));
    }
}
