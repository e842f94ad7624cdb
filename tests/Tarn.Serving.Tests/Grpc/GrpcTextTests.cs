using Microsoft.Extensions.Primitives;
using Tarn.Core;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>Text and bytes in headers.</summary>
public sealed class GrpcTextTests
{
    [Theory]
    [InlineData("plain text, with ~ and \"quotes\"", "plain text, with ~ and \"quotes\"")]
    [InlineData("100 %", "100 %25")]
    [InlineData("Größe\n", "Gr%C3%B6%C3%9Fe%0A")]
    [InlineData("日本", "%E6%97%A5%E6%9C%AC")]
    [InlineData("😀", "%F0%9F%98%80")]
    [InlineData("\u007f\0", "%7F%00")]
    public void Messages_are_percent_encoded_utf8(string message, string encoded)
    {
        Assert.Equal(encoded, GrpcText.EncodeMessage(message));
        Assert.Equal(message, Uri.UnescapeDataString(encoded));
    }

    [Fact]
    public void Half_a_character_does_not_break_a_message() => Assert.Equal("a%EF%BF%BDb", GrpcText.EncodeMessage("a\ud83db"));

    [Fact]
    public void Of_a_long_message_the_beginning_is_sent_and_no_character_is_cut()
    {
        var message = new string('x', 1998) + string.Concat(Enumerable.Repeat("😀", 500));
        var sent = Uri.UnescapeDataString(GrpcText.EncodeMessage(message));
        Assert.Equal(new string('x', 1998) + "…", sent);
    }

    [Fact]
    public void Bytes_are_base64_without_padding_and_are_read_with_and_without()
    {
        byte[] value = [0xfb, 0xff, 0x00, 0x01];
        Assert.Equal("+/8AAQ", GrpcText.EncodeBinary(value));
        Assert.Equal([value, value, [], value], GrpcText.DecodeBinary("x-bin", new StringValues(["+/8AAQ==, +/8AAQ", "", "+/8AAQ"])));
    }

    [Theory]
    [InlineData("?")]
    [InlineData("A")]
    [InlineData("AA=A")]
    public void What_is_not_base64_is_refused(string text)
    {
        var refused = Assert.Throws<TarnException>(() => GrpcText.DecodeBinary("x-bin", text));
        Assert.Equal(ErrorKind.InvalidInput, refused.Kind);
        Assert.Equal(text, refused.Value);
    }

    [Theory]
    [InlineData("retry-after", false, true)]
    [InlineData("a_b.c-1", false, true)]
    [InlineData("trace-bin", true, true)]
    [InlineData("trace-bin", false, false)]
    [InlineData("trace", true, false)]
    [InlineData("Upper", false, false)]
    [InlineData("grpc-status", false, false)]
    [InlineData(":path", false, false)]
    [InlineData("", false, false)]
    public void Names_are_checked(string name, bool binary, bool allowed)
    {
        if (allowed)
        {
            GrpcText.CheckName(name, binary);
        }
        else
        {
            Assert.Throws<ArgumentException>(() => GrpcText.CheckName(name, binary));
        }
    }

    [Fact]
    public void Values_are_printable_ascii()
    {
        GrpcText.CheckValue("a b~");
        Assert.Throws<ArgumentException>(static () => GrpcText.CheckValue("ä"));
        Assert.Throws<ArgumentException>(static () => GrpcText.CheckValue("a\r\nb"));
    }
}
