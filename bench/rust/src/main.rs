//! The benchmark's work with the Rust SDK of the same gateway: one thread, chunks decoded to its own types.
//!
//! `bench can` prints the SDK's version and abilities. `bench ITEM ORIGIN` repeats one kind of work until its budget of
//! CPU time is used. It prints CPU seconds, wall seconds, units and a note, like the process of the Python clients. The
//! SDK splits each read of the socket into lines separately, so a chunk that straddles two reads is lost or broken. The
//! note has the number of such chunks.

use std::env;
use std::fs;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::future::join_all;
use inference_gateway_sdk::{
    ContentPart, CreateChatCompletionStreamResponse, CreateMessagesRequest, GatewayError, ImageContentPart,
    ImageContentPartType, ImageUrl, ImageUrlDetail, InferenceGatewayAPI, InferenceGatewayClient, Message,
    MessageContent, MessageRole, MessagesMessage, MessagesMessageContent, MessagesMessageRole, MessagesStreamEvent,
    Provider, SSEvents,
};

const BUDGET: f64 = 0.4;
const MOST: Duration = Duration::from_secs(20);
const TEXT: &str = "Hello there.";
const MODELS: usize = 300;
const PIECES: u64 = 20_000;
const MANY_PIECES: u64 = 200_000;
const PACED_PIECES: u64 = 60;
const IDLE_PIECES: u64 = 10;

fn cpu() -> f64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a live timespec, and the clock exists on every Unix.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut now) };
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}

fn resident() -> u64 {
    let text = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    text.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4096
}

fn peak() -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kilo| kilo.parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// The counts of one stream: chunks read, and chunks lost.
#[derive(Default)]
struct Tally {
    units: u64,
    broken: u64,
    characters: u64,
}

impl Tally {
    fn add(&mut self, other: &Tally) {
        self.units += other.units;
        self.broken += other.broken;
        self.characters += other.characters;
    }
}

fn user(content: MessageContent) -> Vec<Message> {
    vec![Message {
        content,
        reasoning: None,
        reasoning_content: None,
        role: MessageRole::User,
        tool_call_id: None,
        tool_calls: Vec::new(),
    }]
}

fn prompt() -> Vec<Message> {
    user(MessageContent::String("Say hello.".to_string()))
}

fn pictures() -> Vec<String> {
    let data = "AAECAwQFBgcICQoL".repeat(65_536);
    (0..4).map(|_| format!("data:image/png;base64,{data}")).collect()
}

fn picture_messages(urls: &[String]) -> Vec<Message> {
    let part = |url: &String| {
        ContentPart::ImageContentPart(ImageContentPart {
            image_url: ImageUrl { detail: ImageUrlDetail::Auto, url: url.clone() },
            type_: ImageContentPartType::ImageUrl,
        })
    };
    user(MessageContent::Array(urls.iter().map(part).collect()))
}

async fn ask(client: &InferenceGatewayClient, messages: Vec<Message>) -> Result<u64, GatewayError> {
    let reply = client.generate_content(Provider::Openai, "bench-model", messages).await?;
    match &reply.choices[0].message.content {
        MessageContent::String(text) if text == TEXT => Ok(1),
        other => panic!("wrong reply: {other:?}"),
    }
}

async fn list(client: &InferenceGatewayClient) -> Result<u64, GatewayError> {
    let models = client.list_models_with_include(None, &["pricing"]).await?;
    let priced = models.data.iter().filter(|model| model.pricing.is_some()).count();
    assert_eq!((models.data.len(), priced), (MODELS, MODELS));
    Ok(1)
}

fn read_chunk(event: &SSEvents, tally: &mut Tally) {
    if event.data == "[DONE]" {
        return;
    }
    match serde_json::from_str::<CreateChatCompletionStreamResponse>(&event.data) {
        Ok(chunk) => {
            tally.units += 1;
            for choice in &chunk.choices {
                tally.characters += choice.delta.content.as_deref().unwrap_or("").len() as u64;
            }
        }
        Err(_) => tally.broken += 1,
    }
}

fn read_message(event: &SSEvents, tally: &mut Tally) {
    match serde_json::from_str::<MessagesStreamEvent>(&event.data) {
        Ok(event) => {
            tally.units += 1;
            let text = event.delta.and_then(|delta| delta.text).unwrap_or_default();
            tally.characters += text.len() as u64;
        }
        Err(_) => tally.broken += 1,
    }
}

async fn chat_stream(client: &InferenceGatewayClient, stop_after: u64) -> Result<Tally, GatewayError> {
    let mut tally = Tally::default();
    let stream = client.generate_content_stream(Provider::Openai, "bench-model", prompt());
    tokio::pin!(stream);
    while let Some(event) = stream.next().await {
        read_chunk(&event?, &mut tally);
        if tally.units == stop_after {
            break;
        }
    }
    Ok(tally)
}

async fn message_stream(client: &InferenceGatewayClient) -> Result<Tally, GatewayError> {
    let message = MessagesMessage {
        content: MessagesMessageContent::String("Say hello.".to_string()),
        role: MessagesMessageRole::User,
    };
    let body = serde_json::json!({"model": "bench-model", "max_tokens": 100, "messages": [message]});
    let request: CreateMessagesRequest = serde_json::from_value(body).expect("the request's own shape");
    let mut tally = Tally::default();
    let stream = client.create_message_stream(Some(Provider::Anthropic), request);
    tokio::pin!(stream);
    while let Some(event) = stream.next().await {
        read_message(&event?, &mut tally);
    }
    Ok(tally)
}

/// A stopwatch for CPU and wall time, which starts when it is created.
struct Watch {
    cpu: f64,
    wall: Instant,
}

impl Watch {
    fn new() -> Self {
        Watch { cpu: cpu(), wall: Instant::now() }
    }

    fn running(&self) -> bool {
        cpu() - self.cpu < BUDGET && self.wall.elapsed() < MOST
    }

    fn print(&self, units: u64, note: &str) {
        let (used, wall) = (cpu() - self.cpu, self.wall.elapsed().as_secs_f64());
        println!("{{\"cpu\": {used}, \"wall\": {wall}, \"units\": {units}, \"note\": \"{note}\"}}");
    }
}

fn lost(tally: &Tally, streams: u64, expected: u64) -> String {
    let missing = (streams * expected).saturating_sub(tally.units);
    if missing == 0 {
        return String::new();
    }
    format!("lost {missing} of {} chunks, {} of them as broken JSON", streams * expected, tally.broken.min(missing))
}

async fn requests(client: &InferenceGatewayClient, at_once: usize) -> Result<(), GatewayError> {
    for _ in 0..40 {
        ask(client, prompt()).await?;
    }
    if at_once > 1 {
        join_all((0..at_once).map(|_| ask(client, prompt()))).await;
    }
    let (watch, mut units) = (Watch::new(), 0);
    while watch.running() {
        for done in join_all((0..at_once).map(|_| ask(client, prompt()))).await {
            units += done?;
        }
    }
    watch.print(units, "");
    Ok(())
}

async fn streams(origin: &str, name: &str, expected: u64) -> Result<(), GatewayError> {
    let client = InferenceGatewayClient::new(&format!("{origin}/{name}/v1"));
    chat_stream(&InferenceGatewayClient::new(&format!("{origin}/warm/v1")), 0).await?;
    let (watch, mut tally, mut count) = (Watch::new(), Tally::default(), 0);
    while watch.running() {
        let more = if name == "messages" { message_stream(&client).await? } else { chat_stream(&client, 0).await? };
        tally.add(&more);
        count += 1;
    }
    watch.print(tally.units, &lost(&tally, count, expected));
    Ok(())
}

async fn paced(origin: &str) -> Result<(), GatewayError> {
    let client = InferenceGatewayClient::new(&format!("{origin}/paced/v1"));
    chat_stream(&InferenceGatewayClient::new(&format!("{origin}/warm/v1")), 0).await?;
    let (watch, mut tally) = (Watch::new(), Tally::default());
    for more in join_all((0..64).map(|_| chat_stream(&client, 0))).await {
        tally.add(&more?);
    }
    watch.print(tally.units, &lost(&tally, 64, PACED_PIECES + 3));
    Ok(())
}

async fn models(origin: &str) -> Result<(), GatewayError> {
    let client = InferenceGatewayClient::new(&format!("{origin}/models/v1"));
    for _ in 0..5 {
        list(&client).await?;
    }
    let (watch, mut units) = (Watch::new(), 0);
    while watch.running() {
        units += list(&client).await?;
    }
    watch.print(units, "");
    Ok(())
}

async fn picture(client: &InferenceGatewayClient) -> Result<(), GatewayError> {
    let urls = pictures();
    ask(client, picture_messages(&urls)).await?;
    let (watch, mut units) = (Watch::new(), 0);
    while watch.running() {
        units += ask(client, picture_messages(&urls)).await?;
    }
    watch.print(units, "");
    Ok(())
}

async fn memory_chunks(origin: &str) -> Result<(), GatewayError> {
    chat_stream(&InferenceGatewayClient::new(&format!("{origin}/short/v1")), 0).await?;
    let _ = fs::write("/proc/self/clear_refs", "5");
    let before = peak();
    let tally = chat_stream(&InferenceGatewayClient::new(&format!("{origin}/many/v1")), 0).await?;
    let grown = (peak() - before) as f64 / MANY_PIECES as f64;
    let note = lost(&tally, 1, MANY_PIECES + 3);
    println!("{{\"resident\": {}, \"per_unit\": {grown}, \"units\": {MANY_PIECES}, \"note\": \"{note}\"}}", peak());
    Ok(())
}

async fn memory_idle(origin: &str) -> Result<(), GatewayError> {
    let client = InferenceGatewayClient::new(&format!("{origin}/idle/v1"));
    let mut kept = Vec::new();
    let mut before = 0;
    for number in 0..1000 {
        let mut stream = Box::pin(client.generate_content_stream(Provider::Openai, "bench-model", prompt()));
        for _ in 0..IDLE_PIECES {
            stream.next().await.expect("a chunk")?;
        }
        kept.push(stream);
        if number == 0 {
            before = resident();
        }
    }
    let each = (resident() - before) as f64 / 999.0;
    println!("{{\"resident\": {}, \"per_unit\": {each}, \"units\": {}}}", resident(), kept.len());
    Ok(())
}

async fn run(item: &str, origin: &str) -> Result<(), GatewayError> {
    let chat = InferenceGatewayClient::new(&format!("{origin}/chat/v1"));
    match item {
        "request" | "tls" => requests(&chat, 1).await,
        "at-once-64" => requests(&chat, 64).await,
        "at-once-256" => requests(&chat, 256).await,
        "chunk-each" | "chunk-each-bare" => streams(origin, "each", PIECES + 3).await,
        "chunk-joined" | "chunk-joined-bare" => streams(origin, "joined", PIECES + 3).await,
        "messages-event" => streams(origin, "messages", PIECES + 6).await,
        "paced-64" => paced(origin).await,
        "models" => models(origin).await,
        "pictures" => picture(&chat).await,
        "memory-chunks" | "memory-chunks-bare" => memory_chunks(origin).await,
        "memory-idle" => memory_idle(origin).await,
        _ => panic!("no such work: {item}"),
    }
}

const ABLE: &str = r#"{"version": "0.23", "async": ["ask", "stream", "bare", "messages", "models", "picture", "hold"], "not": ["tls"], "note": "one thread; loses chunks that straddle two reads; its chunk type refuses tool arguments in pieces"}"#;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), GatewayError> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.as_slice() {
        [can] if can == "can" => println!("{ABLE}"),
        [item, origin, ..] => run(item, origin).await?,
        _ => panic!("bench can | bench ITEM ORIGIN"),
    }
    Ok(())
}
