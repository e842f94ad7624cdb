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
    public void Anything_beyond_loopback_is_refused_with_rule_and_remedy(string urls)
    {
        var error = Assert.Throws<TarnException>(() => ListenAddresses.Parse(urls));
        Assert.Contains("loopback only", error.Rule, StringComparison.Ordinal);
        Assert.Contains("ssh -L", error.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://127.0.0.1:8080")]
    [InlineData("8080")]
    [InlineData("")]
    [InlineData("http://127.0.0.1:8080/base")]
    public void What_cannot_be_listened_on_is_refused(string urls) => Assert.Throws<TarnException>(() => ListenAddresses.Parse(urls));
}
