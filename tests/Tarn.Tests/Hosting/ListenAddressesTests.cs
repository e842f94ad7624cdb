using Tarn.Core;
using Xunit;

namespace Tarn.Tests;

public sealed class ListenAddressesTests
{
    [Theory]
    [InlineData("http://127.0.0.1:8080", "127.0.0.1:8080")]
    [InlineData("http://localhost:0", "127.0.0.1:0")]
    [InlineData("http://[::1]:9000/", "[::1]:9000")]
    [InlineData("http://127.0.0.2:80;http://localhost:81", "127.0.0.2:80 127.0.0.1:81")]
    public void Loopback_is_listened_on(string urls, string addresses) => Assert.Equal(addresses, string.Join(' ', ListenAddresses.Parse(urls)));

    [Theory]
    [InlineData("http://0.0.0.0:8080")]
    [InlineData("http://*:8080")]
    [InlineData("http://+:8080")]
    [InlineData("http://192.168.1.5:8080")]
    [InlineData("http://[::]:8080")]
    [InlineData("http://example.org:8080")]
    [InlineData("http://127.0.0.1:8080;http://10.0.0.1:8080")]
    public void Anything_beyond_loopback_is_refused_with_rule_and_remedy_where_nobody_authenticates(string urls)
    {
        var error = Assert.Throws<TarnException>(() => ListenAddresses.Parse(urls, new ListenRules(BeyondLoopback: false, Tls: true)));
        Assert.Contains("loopback only", error.Rule, StringComparison.Ordinal);
        Assert.Contains("ssh -L", error.Remedy, StringComparison.Ordinal);
        Assert.Contains("Security:Authentication", error.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://0.0.0.0:8080", "0.0.0.0:8080")]
    [InlineData("http://*:8080", "0.0.0.0:8080")]
    [InlineData("http://[::]:8080", "[::]:8080")]
    [InlineData("http://192.168.1.5:8080;http://127.0.0.1:1", "192.168.1.5:8080 127.0.0.1:1")]
    public void With_authentication_every_address_may_be_listened_on(string urls, string addresses)
    {
        var found = ListenAddresses.Parse(urls, new ListenRules(BeyondLoopback: true, Tls: false));
        Assert.Equal(addresses, string.Join(' ', found));
        SecurityServices.CheckBeyond(found, hasAny: true);
        var error = Assert.Throws<TarnException>(() => SecurityServices.CheckBeyond(found, hasAny: false));
        Assert.Contains("keys create", error.Remedy, StringComparison.Ordinal);
        Assert.DoesNotContain("127.0.0.1", error.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void With_a_certificate_https_is_listened_on()
    {
        var found = ListenAddresses.Parse("https://127.0.0.1:8443;http://127.0.0.1:8080", new ListenRules(BeyondLoopback: false, Tls: true));
        Assert.Equal([true, false], found.Select(static a => a.IsTls));
        Assert.Equal("https://127.0.0.1:8443/", found[0].Url.AbsoluteUri);
        SecurityServices.CheckBeyond(found, hasAny: false);
    }

    [Theory]
    [InlineData("https://127.0.0.1:8080")]
    [InlineData("ftp://127.0.0.1:8080")]
    [InlineData("8080")]
    [InlineData("")]
    [InlineData("http://127.0.0.1:8080/base")]
    public void What_cannot_be_listened_on_is_refused(string urls) => Assert.Throws<TarnException>(() => ListenAddresses.Parse(urls));

    [Theory]
    [InlineData("http://0.0.0.0:8080", "http://127.0.0.1:8080")]
    [InlineData("https://[::]:8443", "https://[::1]:8443")]
    [InlineData("http://192.168.1.5:8080", "http://192.168.1.5:8080")]
    public void A_server_on_all_addresses_is_reached_on_loopback(string url, string reached) => Assert.Equal(reached, ListenAddresses.Reachable(url));
}
