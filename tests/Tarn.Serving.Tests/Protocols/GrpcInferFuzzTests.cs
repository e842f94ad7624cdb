using System.Globalization;
using Google.Protobuf;
using Tarn.Serving.OpenInference;
using Xunit;
using static Tarn.Serving.Tests.InferRequests;

namespace Tarn.Serving.Tests;

/// <summary>Messages of ModelInfer that were changed at random: each is answered or refused as the sender's fault, and the server goes on as before. TARN_FUZZ says how many.</summary>
public sealed class GrpcInferFuzzTests
{
    // Answered, or refused: invalid, not found, too large, not served.
    private static readonly int[] Foreseen = [0, 3, 5, 8, 12];

    private static int Rounds => int.TryParse(Environment.GetEnvironmentVariable("TARN_FUZZ"), NumberStyles.None, CultureInfo.InvariantCulture, out var rounds) ? rounds : 1500;

    [Theory]
    [InlineData(20260201)]
    [InlineData(20260202)]
    public async Task A_message_that_was_changed_is_answered_or_refused_as_the_senders_fault(int seed)
    {
        var random = new Random(seed);
        await using var host = await ServingHost.StartAsync();
        byte[][] messages = [.. Messages(random).Select(static m => m.ToByteArray())];
        var answered = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var message = messages[random.Next(messages.Length)];
            for (var changes = 1 + random.Next(3); changes > 0; changes--)
            {
                message = Change(message, random);
            }

            using var reply = await host.Grpc.CallAsync("/inference.GRPCInferenceService/ModelInfer", message, cancellation: TestContext.Current.CancellationToken);
            Assert.True(
                Foreseen.Contains(reply.Status),
                $"seed {seed}, round {round}: {Convert.ToHexString(message.AsSpan(0, Math.Min(300, message.Length)))} of {message.Length} bytes had status {reply.Status}: {reply.Message}");
            answered += reply.Status == 0 ? 1 : 0;
        }

        Assert.InRange(answered, 1, Rounds - 1);
        var after = await host.CallAsync("ModelInfer", AllTypes(new Random(1), 3), ModelInferResponse.Parser);
        Assert.Equal(AllTypes(new Random(1), 3).RawInputContents, after.RawOutputContents);
    }

    private static IEnumerable<ModelInferRequest> Messages(Random random)
    {
        yield return AllTypes(random, 2);
        var dense = Dense(1, 2, 3, 4);
        dense.Id = "id";
        dense.Parameters.Add("priority", new InferParameter { Int64Param = 1 });
        dense.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "probabilities", Parameters = { ["classification"] = new InferParameter { Int64Param = 2 } } });
        yield return dense;
        var texts = new ModelInferRequest { ModelName = "texts", Inputs = { Input("text", "BYTES", 3) } };
        texts.Inputs[0].Contents = new InferTensorContents { BytesContents = { ByteString.CopyFromUtf8("a"), ByteString.CopyFromUtf8("ß"), ByteString.Empty } };
        yield return texts;
        var simple = new ModelInferRequest { ModelName = "simple", Inputs = { Input("INPUT0", "INT32", 1, 16), Input("INPUT1", "INT32", 1, 16) } };
        simple.Inputs[0].Contents = new InferTensorContents { IntContents = { Enumerable.Range(0, 16) } };
        simple.Inputs[1].Contents = new InferTensorContents { IntContents = { Enumerable.Repeat(-5, 16) } };
        yield return simple;
    }

    private static byte[] Change(byte[] message, Random random)
    {
        if (message.Length == 0)
        {
            return [(byte)random.Next(256)];
        }

        var (at, length) = (random.Next(message.Length), random.Next(1, 12));
        var to = Math.Min(message.Length, at + length);
        switch (random.Next(6))
        {
            case 0:
                return [.. message[..at], (byte)random.Next(256), .. message[(at + 1)..]];
            case 1:
                return [.. message[..at], (byte)(message[at] ^ (1 << random.Next(8))), .. message[(at + 1)..]];
            case 2:
                return message[..at];
            case 3:
                return [.. message[..at], .. message[to..]];
            case 4:
                return [.. message[..to], .. message[at..]];
            default:
                var noise = new byte[length];
                random.NextBytes(noise);
                return [.. message[..at], .. noise, .. message[at..]];
        }
    }
}
