using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Tarn.Pipelines.Tests;

/// <summary>The ready sensor of HTTP addresses, with a real site.</summary>
public class HttpSensorTests : SensorContract
{
    [Theory]
    [InlineData(200, AttemptState.Success)]
    [InlineData(204, AttemptState.Success)]
    [InlineData(304, AttemptState.Deferred)]
    [InlineData(400, AttemptState.Failed)]
    [InlineData(401, AttemptState.Failed)]
    [InlineData(403, AttemptState.Failed)]
    [InlineData(404, AttemptState.Deferred)]
    [InlineData(408, AttemptState.Deferred)]
    [InlineData(410, AttemptState.Failed)]
    [InlineData(425, AttemptState.Deferred)]
    [InlineData(429, AttemptState.Deferred)]
    [InlineData(500, AttemptState.Deferred)]
    [InlineData(503, AttemptState.Deferred)]
    public void An_answer_means_what_its_status_says(int status, AttemptState expected)
    {
        using var site = new LoopbackSite { Answer = http => Task.FromResult(http.Response.StatusCode = status) };
        using var world = NewWorld();
        world.Start(Build(Sensors.Http(_ => site.Url)));

        var id = Trigger(world);

        Assert.Equal(expected, world.Details(id).Tasks[0].State);
        if (expected == AttemptState.Failed)
        {
            // However many retries there are.
            AssertEnded(world, id, RunState.Failed);
            Assert.Contains($"answered {status}", world.Details(id).Run.Error);
        }
        else if (expected == AttemptState.Deferred)
        {
            site.AnswerWith(200);
            Assert.Equal(AttemptState.Success, Look(world, id));
            AssertEnded(world, id, RunState.Success);
        }
    }

    [Fact]
    public void An_error_tells_of_the_address_nothing_that_may_be_secret()
    {
        using var site = new LoopbackSite();
        site.AnswerWith(403);
        using var world = NewWorld();
        world.Start(Build(Sensors.Http(_ => new UriBuilder(site.Url) { UserName = "me", Password = "hidden", Path = "/data", Query = "token=hidden" }.Uri)));

        var run = world.Details(Trigger(world));

        Assert.Contains($"{site.Url}data", run.Run.Error);
        Assert.DoesNotContain("hidden", run.Run.Error);
        Assert.DoesNotContain(world.Log.Lines, static l => l.Text.Contains("hidden", StringComparison.Ordinal));
    }

    [Fact]
    public void A_redirect_is_followed_and_one_in_a_circle_is_no_answer()
    {
        using var site = new LoopbackSite
        {
            Answer = static http =>
            {
                if (http.Request.Path.Value is var path and not "/there")
                {
                    http.Response.Redirect(path == "/circle" ? "/circle" : "/there");
                }

                return Task.CompletedTask;
            },
        };
        var path = "/circle";
        using var world = NewWorld();
        world.Start(Build(Sensors.Http(_ => new Uri(site.Url, path))));
        var id = Trigger(world);
        Assert.Equal(AttemptState.Deferred, world.Details(id).Tasks[0].State);
        Assert.InRange(site.Requests, 2, 100);

        path = "/moved";

        Assert.Equal(AttemptState.Success, Look(world, id));
    }

    [Fact]
    public void The_body_has_to_be_accepted_too_as_far_as_its_first_mebibyte()
    {
        using var site = new LoopbackSite();
        var asked = new List<int>();
        using var world = NewWorld();
        world.Start(Build(Sensors.Http(_ => site.Url, body =>
        {
            asked.Add(body.Length);
            return body.Contains("fertig: ü", StringComparison.Ordinal);
        })));
        site.AnswerWith(200, "not yet");
        var id = Trigger(world);
        site.AnswerWith(503, "fertig: ü");
        Assert.Equal(AttemptState.Deferred, Look(world, id));
        site.AnswerWith(200, new string('x', 3 << 20) + "fertig: ü");
        Assert.Equal(AttemptState.Deferred, Look(world, id));
        site.AnswerWith(200, "fertig: ü" + new string('x', 3 << 20));
        Assert.Equal(AttemptState.Success, Look(world, id));
        Assert.Equal([7, 1 << 20, (1 << 20) - 1], asked);
    }

    [Fact]
    public void No_answer_in_time_a_broken_one_and_nobody_there_mean_not_yet()
    {
        using var site = new LoopbackSite { Answer = static async http => await Task.Delay(Timeout.Infinite, http.RequestAborted) };
        using var nobody = new TcpListener(IPAddress.Loopback, 0);
        nobody.Start();
        var url = new Uri($"http://127.0.0.1:{((IPEndPoint)nobody.LocalEndpoint).Port}");
        nobody.Stop();
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(1) };
        using var world = Serve(NewWorld(), client);
        world.Start(Build(Sensors.Http(_ => url, static body => body.Length > 3)));
        var id = Trigger(world);
        url = site.Url;
        Assert.Equal(AttemptState.Deferred, Look(world, id));
        site.Answer = static async http =>
        {
            await http.Response.WriteAsync("begun");
            await http.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, http.RequestAborted);
        };
        Assert.Equal(AttemptState.Deferred, Look(world, id));
        site.Answer = static async http =>
        {
            http.Response.ContentLength = 100;
            await http.Response.WriteAsync("begun");
            http.Abort();
        };
        Assert.Equal(AttemptState.Deferred, Look(world, id));

        site.AnswerWith(200, "done");

        // On a busy machine this, too, may take longer than the client's second: then it is not yet.
        var state = AttemptState.Deferred;
        for (var looks = 0; looks < 30 && state == AttemptState.Deferred; looks++)
        {
            state = Look(world, id);
        }

        Assert.Equal(AttemptState.Success, state);
        AssertEnded(world, id, RunState.Success);
    }

    [Fact]
    public void Many_that_wait_for_a_slow_site_hold_no_thread_and_between_two_looks_no_slot()
    {
        const int Sites = 300;
        var open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var site = new LoopbackSite
        {
            Answer = async http =>
            {
                await open.Task;
                http.Response.StatusCode = 404;
            },
        };
        using var world = NewWorld();
        (world.Options.Pools["sites"], world.Options.NodeSlots) = (Sites, Sites);
        world.Start("p", p =>
        {
            for (var i = 0; i < Sites; i++)
            {
                p.Sensor($"s{i}", Sensors.Http(_ => site.Url), every: Minute, configure: static t => t.Pool("sites"));
            }

            p.Task("wide", static () => { }, pool: "sites", configure: static t => t.Pool("sites", Sites));
        });
        var id = world.Await(() => world.Orchestrator.TriggerAsync("p")).Id;

        // All of them are asked at once by the only thread of this world, which then is free.
        world.IdleUntil(() => site.Requests == Sites);
        Assert.Equal(Sites, world.Details(id).Tasks.Count(static t => t.State == AttemptState.Running));
        open.SetResult();
        world.IdleUntil(() => world.Details(id).Tasks.All(static t => t.State is AttemptState.Deferred or AttemptState.Success));

        // The task that needs all slots of the pool has run.
        Assert.Equal(AttemptState.Success, world.Details(id).Tasks[^1].State);
        Assert.Equal(Sites, world.Details(id).Tasks.Count(static t => t.State == AttemptState.Deferred));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void After_the_end_of_the_process_it_goes_on_looking_as_the_same_attempt(bool kill)
    {
        using var site = new LoopbackSite();
        site.AnswerWith(404);
        using var world = NewWorld();
        var pipeline = PipelineWorld.Build("p", p => p.Sensor("s", Sensors.Http(_ => site.Url), every: Minute));
        world.Start([pipeline], scheduler: true);
        var id = Trigger(world);
        Look(world, id);
        if (kill)
        {
            world.Kill();
        }
        else
        {
            world.Stop();
        }

        site.AnswerWith(200);
        world.Start([pipeline], scheduler: true);

        Assert.Equal(AttemptState.Success, Look(world, id));
        AssertEnded(world, id, RunState.Success);
        Assert.Equal(2 * Minute, TimeSpan.FromMilliseconds(world.Details(id).Tasks[0].Attempts[0].DurationMs!.Value));
    }

    [Fact]
    public void A_look_ends_with_the_run_that_is_cancelled()
    {
        using var site = new LoopbackSite { Answer = static async http => await Task.Delay(Timeout.Infinite, http.RequestAborted) };
        using var world = NewWorld();
        world.Start(Build(Sensors.Http(_ => site.Url)));
        var id = world.Await(() => world.Orchestrator.TriggerAsync("p")).Id;
        world.IdleUntil(() => site.Requests == 1);

        world.Await(() => world.Orchestrator.CancelAsync(id));
        world.IdleUntil(() => world.Details(id).Run.HasEnded);

        Assert.Equal(AttemptState.Cancelled, Assert.Single(world.Details(id).Tasks[0].Attempts).State);
    }
}
