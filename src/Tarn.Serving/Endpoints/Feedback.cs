using System.Text;
using Microsoft.AspNetCore.Http;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>
/// <c>POST /v1/endpoints/NAME/feedback</c>: what became of a prediction, <c>{"prediction_id", "label" | "correct" | "score", "comment"}</c>. It is kept before the answer is sent, and counted for the
/// variant that had answered, as long as that is remembered.
/// </summary>
internal sealed class Feedback(ServingFront front, FeedbackLog? log)
{
    private const int MostBytes = 64 << 10;

    public async Task RunAsync(HttpContext http, Endpoint endpoint)
    {
        FeedbackRecord record;
        using (var body = await RequestBody.ReadAsync(http, MostBytes).ConfigureAwait(false))
        {
            record = Read(body.Written, front.Models.Time.GetUtcNow()) with { Caller = Callers.Of(http) };
        }

        if (log is null)
        {
            throw new TarnException(ErrorKind.Unavailable, "Feedback is kept in the topic feedback.", endpoint.Name, "Let the program keep predictions.");
        }

        var known = front.Recent.Find(Guid.ParseExact(record.PredictionId, "N"));
        if (known is { } prediction && prediction.Endpoint != endpoint.Name)
        {
            throw TarnException.InvalidInput("Feedback goes to the endpoint that had answered.", $"{record.PredictionId} is of {prediction.Endpoint}", $"Send it to /v1/endpoints/{prediction.Endpoint}/feedback.");
        }

        await log.RecordAsync(record, http.RequestAborted).ConfigureAwait(false);
        if (known is { } counted && (record.Correct ?? (record.Label is null || counted.Answer is null ? null : record.Label == counted.Answer)) is { } isRight)
        {
            counted.Stats?.RecordFeedback(isRight);
        }

        http.Response.StatusCode = StatusCodes.Status202Accepted;
        using var answer = PooledBuffer.Rent();
        answer.Write("{\"prediction_id\":\""u8);
        answer.Write(Encoding.ASCII.GetBytes(record.PredictionId));
        answer.Write(known is null ? "\",\"counted\":false}"u8 : "\",\"counted\":true}"u8);
        await HttpAnswer.SendJson(http, answer, StatusCodes.Status202Accepted).ConfigureAwait(false);
    }

    private static FeedbackRecord Read(ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        var json = new JsonScanner(body);
        string? id = null, label = null, comment = null;
        bool? correct = null;
        double? score = null;
        json.Expect((byte)'{', "the body");
        if (!json.Take((byte)'}'))
        {
            do
            {
                var name = json.Name("the body");
                if (name.SequenceEqual("prediction_id"u8))
                {
                    id = Encoding.UTF8.GetString(json.Text("prediction_id"));
                }
                else if (name.SequenceEqual("label"u8))
                {
                    label = Encoding.UTF8.GetString(json.Text("label"));
                }
                else if (name.SequenceEqual("comment"u8))
                {
                    comment = Encoding.UTF8.GetString(json.Text("comment"));
                }
                else if (name.SequenceEqual("correct"u8))
                {
                    correct = InferBody.Flag(ref json, "correct");
                }
                else if (name.SequenceEqual("score"u8))
                {
                    score = JsonNumbers.TryDouble(json.Token("score"), out var number) ? number : throw TarnException.InvalidInput("score is a number.", null, "Correct it.");
                }
                else
                {
                    throw TarnException.InvalidInput("Feedback has prediction_id, and label, correct, score, comment.", Encoding.UTF8.GetString(name), "Leave the other members out.");
                }
            }
            while (json.More((byte)'}', "the body"));
        }

        json.End();
        if (!Guid.TryParse(id, out var prediction))
        {
            throw TarnException.InvalidInput("Feedback names the prediction by the prediction_id of its answer.", id, "Send it as it was.");
        }

        if (label is null && correct is null && score is null && comment is null)
        {
            throw TarnException.InvalidInput("Feedback says something: label, correct, score or comment.", id, "Send one of them.");
        }

        return new FeedbackRecord { PredictionId = prediction.ToString("N"), At = now, Label = label, Correct = correct, Score = score, Comment = comment };
    }
}
