using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Core;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>Random texts as URLs, with a resolver that lies: whatever is connected to is public.</summary>
public sealed class FetchFuzzTests
{
    private static readonly string[] Hosts =
    [
        "127.0.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "0", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[fe80::1%25eth0]",
        "[2002:7f00:1::]", "169.254.169.254", "localhost", "localhost.", "127.0.0.1.", "①②⑦.0.0.1", "１２７.0.0.1", "ｌｏｃａｌｈｏｓｔ", "127。0。0。1", "bücher.example", "xn--bcher-kva.example", "inner.example", "a.b",
        "%31%32%37.0.0.1", "8.8.8.8", "[2606:4700::1111]", "134744072", "outer.example", "example", "-", "_", "..", "\u00ad", "[v1.x]", "1.2.3.4.5", "256.1.1.1", "0x", "4294967295", "4294967296",
    ];

    private static readonly string[] Pool = ["8.8.8.8", "2606:4700::1111", "1.1.1.1", "127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "fd00::1", "192.168.1.1", "2002:7f00:1::"];

    /// <summary>Written by hand apart from the code's own table, for the addresses that can come up here.</summary>
    private static bool IsPublic(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6
        ? address.Equals(IPAddress.Parse("2606:4700::1111"))
        : address.GetAddressBytes() is [not (0 or 10 or 127 or >= 224), ..] bytes && bytes is not ([169, 254, ..] or [192, 168, ..]);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task No_text_leads_to_a_connection_to_an_address_that_is_not_public(int seed)
    {
        var random = new Random(seed);
        var (connected, refused) = (0, 0);
        var bad = new List<string>();
        var text = "";
        using var fetcher = new ContentFetcher(
            new FetchOptions { Ports = [8080], RefusedNetworks = [] },
            TimeProvider.System,
            NullLoggerFactory.Instance,
            (host, _) => Task.FromResult(Resolve(host, random)),
            (address, _) =>
            {
                connected++;
                if (!IsPublic(address.Address) || address.Port is not (80 or 443 or 8080))
                {
                    bad.Add($"{text} → {address}");
                }

                throw new SocketException((int)SocketError.ConnectionRefused);
            });
        for (var i = 0; i < 4000; i++)
        {
            text = Text(random);
            try
            {
                (await fetcher.FetchAsync(text, cancellation: TestContext.Current.CancellationToken)).Dispose();
                Assert.Fail($"seed {seed}: {text} was fetched");
            }
            catch (TarnException error) when (error.Kind == ErrorKind.InvalidInput)
            {
                refused++;
            }
        }

        Assert.True(bad.Count == 0, $"seed {seed}: {string.Join("; ", bad.Take(5))}");
        Assert.Equal(4000, refused);
        Assert.True(connected > 100, $"seed {seed}: only {connected} connections were tried, which proves little");
    }

    private static IPAddress[] Resolve(string host, Random random) => IPAddress.TryParse(host.TrimEnd('.'), out var literal)
        ? [literal]
        : [.. Enumerable.Range(0, random.Next(4)).Select(_ => IPAddress.Parse(Pool[random.Next(2) == 0 ? random.Next(3) : random.Next(Pool.Length)]))];

    private static string Text(Random random)
    {
        var text = new StringBuilder();
        text.Append(Pick(random, "http://", "https://", "HTTP://", "http:/", "http:\\\\", "http:", "ftp://", "file://", "//", " http://", "http:///", "gopher://", "httpS://"));
        text.Append(Pick(random, "", "", "", "", "user@", "user:secret@", "@", "8.8.8.8@", "8.8.8.8#@"));
        text.Append(Hosts[random.Next(Hosts.Length)]);
        text.Append(Pick(random, "", "", "", ":80", ":443", ":22", ":8080", ":0", ":65536", ":", ":080", "\\@8.8.8.8", "#@8.8.8.8"));
        text.Append(Pick(random, "", "/", "/a.png", "?q=1", "/../..", "/%0d%0aHost:%20x", "/\r\nHost: x", "\t", "/@127.0.0.1"));
        for (var i = random.Next(4) == 0 ? random.Next(1, 4) : 0; i > 0; i--)
        {
            var at = random.Next(text.Length);
            _ = random.Next(3) switch
            {
                0 => text.Remove(at, 1),
                1 => text.Insert(at, (char)random.Next(0x20, 0x7f)),
                _ => text.Insert(at, (char)random.Next(0x80, 0xffff)),
            };
        }

        return text.ToString();
    }

    private static string Pick(Random random, params string[] choices) => choices[random.Next(choices.Length)];
}
