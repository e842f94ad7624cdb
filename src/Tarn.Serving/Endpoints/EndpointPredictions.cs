using Microsoft.AspNetCore.Http;

namespace Tarn.Serving;

/// <summary>
/// <c>POST /v1/endpoints/NAME/predict</c>: pictures where the endpoint's model takes them, else tensors in JSON as TensorFlow Serving has them (<c>instances</c> or <c>inputs</c>). The answer says which
/// version and variant it is from, and has the id by which feedback refers to it.
/// </summary>
internal sealed class EndpointPredictions(ServingFront front, ImagePredictions images)
{
    public async Task RunAsync(HttpContext http, Endpoint endpoint)
    {
        using var chosen = front.Choose(http, endpoint, takesRemotes: true);
        if (chosen.Remote is not null)
        {
            await RemoteCall.RunAsync(front, http, chosen, RemoteAsk.EndpointPredict).ConfigureAwait(false);
        }
        else if (chosen.Model.Image is { } shape)
        {
            await images.RunAsync(http, chosen, shape).ConfigureAwait(false);
        }
        else
        {
            await TensorsAsync(http, chosen).ConfigureAwait(false);
        }
    }

    /// <summary>The members with which every answer begins.</summary>
    public static void Head(PooledBuffer to, in Chosen chosen)
    {
        to.Write("{\"endpoint\":"u8);
        TensorJson.Text(to, chosen.Endpoint!.Name);
        to.Write(",\"model\":"u8);
        TensorJson.Text(to, chosen.Model.Name);
        to.Write(",\"model_version\":\""u8);
        TensorJson.Whole(to, chosen.Model.Version);
        to.Write("\",\"variant\":"u8);
        TensorJson.Text(to, chosen.Variant!.Name);
    }

    private async Task TensorsAsync(HttpContext http, Chosen chosen)
    {
        var model = chosen.Model;
        using var request = model.Rent();
        using var body = await RequestBody.ReadAsync(http, model.Options.MaxRequestBytes).ConfigureAwait(false);
        var began = model.Now();
        var isRows = PredictBody.Read(body.Written, request);
        request.RecordRead(began);
        await request.RunAsync().ConfigureAwait(false);
        var id = front.Finish(chosen, request, http, "tarn", default, 0);
        if (request.Failure is { } failure)
        {
            throw failure;
        }

        using var answer = PooledBuffer.Rent();
        Head(answer, chosen);
        answer.Write(",\"prediction_id\":\""u8);
        answer.Write(System.Text.Encoding.ASCII.GetBytes(id.ToString("N")));
        answer.Write("\","u8);
        PredictCall.WriteMembers(answer, request, isRows);
        answer.Write(",\"timings\":{\"queue_ms\":"u8);
        ImageAnswer.Milliseconds(answer, model.Elapsed(request.QueuedAt, request.StartedAt));
        answer.Write(",\"compute_ms\":"u8);
        ImageAnswer.Milliseconds(answer, model.Elapsed(request.StartedAt, request.EndedAt));
        answer.Write("}}"u8);
        await HttpAnswer.SendJson(http, answer).ConfigureAwait(false);
    }
}
